import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { books } from '../support/audit.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { type OpenTrade, openTrade, payment, units, untilPayment } from '../support/trade.ts';

/** Lines of all servers' logs that report a security event about this payment. */
function securityEvents(stage: FaultStage, paymentId: string): string[] {
  return stage.servers.flatMap((server) =>
    readFileSync(server.process().logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"category":"security"') && line.includes(paymentId)),
  );
}

const offer = (stage: FaultStage, trade: OpenTrade, txHash: string, server: number) =>
  stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
    token: stage.token(people.buyer, 'buyer'),
    body: { paymentId: trade.paymentId, transactionHash: txHash },
    server,
  });

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const [paid, other] = await Promise.all([openTrade(stage), openTrade(stage)]);
  const txHash = await stage.chain.pay(paid.vault, units('100'));
  await untilPayment(stage, paid.paymentId, { status: 'completed' });
  // again and again, on every server at once: one transaction, one event
  const answers = await Promise.all(
    Array.from({ length: run.number('offers') }, (_, index) => [
      offer(stage, other, txHash, index % stage.servers.length),
      offer(stage, paid, txHash, (index + 1) % stage.servers.length),
    ]).flat(),
  );
  for (const answer of answers) expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 503]);
  const again = await offer(stage, other, txHash, 0);
  expect(again.status, JSON.stringify(again.body)).to.equal(200);

  expect((await payment(stage, other.paymentId)).status).to.be.oneOf(['pending', 'processing']);
  expect(await books(stage, other.paymentId), 'nothing is credited to the other payment').to.deep.equal({});
  expect(await books(stage, paid.paymentId)).to.deep.equal({
    [`buyer:${people.buyer}`]: -units('100'),
    'held:contract:<p>': units('100'),
  });
  expect(securityEvents(stage, other.paymentId), 'one security event').to.have.length(1);
  expect(securityEvents(stage, paid.paymentId).filter((line) => !line.includes(other.paymentId))).to.deep.equal([]);
  run.figure('offers', answers.length);
}

/** One transaction is offered as the payment of two. */
export const sameHash: Scenario = {
  id: 'F14',
  title: 'one transaction hash is offered to two payments: exactly one is credited, and one security event is logged',
  numbers: { offers: { full: 30, short: 4 } },
  run,
};
