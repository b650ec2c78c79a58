import { expect } from 'chai';
import { transitions } from '../support/audit.ts';
import { atATime, openTrades, sendTransfers, shuffled, untilAll, untilMined } from '../support/crowd.ts';
import { callbackOf, deliverUntilTaken } from '../support/deliveries.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { type OpenTrade, stepLimitMs } from '../support/trade.ts';

/** Deliveries under way at the same time. */
const atOnce = 24;
const mostCopies = 5;

/** Two facts of one payment, each as the snapshot that the provider sends of it. */
function bodiesOf(trade: OpenTrade, [first = '', second = '']: readonly string[]): string[] {
  const part = { txHash: first, amount: '6' };
  return [callbackOf(trade, 'PARTIAL', [part]), callbackOf(trade, 'PAID', [part, { txHash: second, amount: '4' }])];
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const trades = await openTrades(stage, run.number('payments'));
  const hashes = await sendTransfers(
    stage,
    trades.flatMap(({ vault }) => ['6', '4'].map((amount) => ({ to: vault, amount }))),
  );
  const deliveries = trades
    .flatMap((trade, index) => bodiesOf(trade, hashes.slice(2 * index, 2 * index + 2)))
    .flatMap((body) => Array.from({ length: 1 + Math.floor(run.random() * mostCopies) }, () => body));
  run.say(`${deliveries.length} deliveries of ${trades.length * 2} facts`);
  await untilMined(stage, hashes);
  await atATime(shuffled(deliveries, run.random), atOnce, (body) =>
    deliverUntilTaken(stage, body, Math.floor(run.random() * stage.servers.length)),
  );
  await untilAll(stage, trades, 'completed', stepLimitMs);
  for (const { paymentId } of trades) await expectEachFactOnce(stage, paymentId);
  run.figure('payments', trades.length);
  run.figure('deliveries', deliveries.length);
}

async function expectEachFactOnce(stage: FaultStage, paymentId: string): Promise<void> {
  const history = await transitions(stage, paymentId);
  const count = (kind: string) => history.filter((step) => step.kind === kind).length;
  expect(count('transferConfirmed'), `${paymentId}: a transition for each transfer`).to.equal(2);
  const events = history.flatMap((step) => (step.claims as string[]).filter((claim) => claim.startsWith('evt:')));
  expect(new Set(events).size, `${paymentId}: a delivery changes the payment once`).to.equal(events.length);
  // the provider may also have been asked, and it knows nothing of money in the vault
  expect(events.length).to.be.at.most(3);
  const completions = history.filter((step) => step.to === 'completed' && step.from !== 'completed');
  expect(completions, `${paymentId}: completed once`).to.have.length(1);
}

/** The provider repeats itself, out of order, to everybody at once. */
export const shuffledDeliveries: Scenario = {
  id: 'F3',
  title: 'each delivery comes 1 to 5 times, shuffled, over three servers: one transition per fact',
  numbers: { payments: { full: 60, short: 5 } },
  run,
};
