import { expect } from 'chai';
import { transitions } from '../support/audit.ts';
import { atATime, openTrades, sendTransfers, untilAll, untilMined } from '../support/crowd.ts';
import { callbackBody, deliverUntilTaken } from '../support/deliveries.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import type { OpenTrade } from '../support/trade.ts';

/** Webhooks and confirmations under way at the same time. */
const atOnce = 32;
/** For each payment, on two busy cores. */
const limitPerPaymentMs = 1_000;
const limitMs = 60_000;

/** A client's word for a payment's transaction, and what it may be answered. */
async function confirmByHand(stage: FaultStage, trade: OpenTrade, txHash: string, server: number): Promise<void> {
  const answer = await stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
    token: stage.token(people.admin, 'admin'),
    body: { paymentId: trade.paymentId, transactionHash: txHash },
    server,
  });
  expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 202, 503]);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const trades = await openTrades(stage, run.number('payments'));
  run.say(`${trades.length} payments are open`);
  // nobody sees anything until all four sources can
  await stage.chain.rpc('evm_setIntervalMining', [0]);
  const hashes = await sendTransfers(
    stage,
    trades.map(({ vault }) => ({ to: vault, amount: '10' })),
  );
  await stage.chain.rpc('evm_setIntervalMining', [1]);
  await stage.chain.mine(3);
  await untilMined(stage, hashes);
  const calls = trades.flatMap((trade, index) => {
    const txHash = hashes[index] ?? '';
    const server = index % stage.servers.length;
    return [
      () => deliverUntilTaken(stage, callbackBody(trade, txHash, '10'), server),
      () => confirmByHand(stage, trade, txHash, (server + 1) % stage.servers.length),
    ];
  });
  await atATime<() => Promise<unknown>, unknown>(calls, atOnce, (call) => call());
  run.say('everybody has told everything');
  await untilAll(stage, trades, 'completed', limitMs + trades.length * limitPerPaymentMs);
  const sources = new Map<string, number>();
  for (const { paymentId } of trades) {
    const history = await transitions(stage, paymentId);
    const completions = history.filter((step) => step.to === 'completed' && step.from !== 'completed');
    expect(completions, `${paymentId} completed once`).to.have.length(1);
    expect(history.filter((step) => step.kind === 'transferConfirmed')).to.have.length(1);
    const source = String(completions[0]?.actor);
    sources.set(source, (sources.get(source) ?? 0) + 1);
  }
  run.figure('payments', trades.length);
  for (const [source, count] of sources) run.figure(`completed by ${source}`, count);
}

/** Everybody tells the same thing at the same moment. */
export const fourSources: Scenario = {
  id: 'F4',
  title:
    'webhook, poll, manual confirmation and chain monitor at once on three servers: one completed for each payment',
  // the poller looks every second, so that it takes part in the race
  stage: { environment: { SHKEEPER_POLL_SECONDS: '1' } },
  numbers: { payments: { full: 300, short: 6 } },
  run,
};
