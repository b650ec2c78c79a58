import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { effectsDone, transitions } from '../support/audit.ts';
import { openTrades } from '../support/crowd.ts';
import { callbackBody, callbackOf, deliver } from '../support/deliveries.ts';
import { withFailPoint } from '../support/failPoint.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { lengthen } from '../support/longHistory.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { type Answer, people } from '../support/stage.ts';
import { type OpenTrade, openTrade, payment, stepLimitMs, units, untilPayment } from '../support/trade.ts';

/** OutOfDiskSpace, of MongoDB's error_codes.yml. */
const outOfDiskSpace = 14_031;

type Ask = () => Promise<Answer>;

const admin = (stage: FaultStage) => ({ token: stage.token(people.admin, 'admin') });
const cancel =
  (stage: FaultStage, { paymentId }: OpenTrade): Ask =>
  () =>
    stage.call('PUT', `/api/payment/${paymentId}`, { ...admin(stage), body: { status: 'cancelled' } });

/** Everything that is money: how much of it is stored, and how far the relay is with it. */
async function stored(stage: FaultStage): Promise<Record<string, number>> {
  const database = stage.mongo.db();
  const names = ['payment_transitions', 'payments', 'purchase_requests', 'seller_offers', 'provider_events'];
  const counts = await Promise.all(names.map((name) => database.collection(name).countDocuments()));
  const undone = await database.collection('payment_transitions').countDocuments({ 'relay.done': false });
  return { ...Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0])), undone };
}

/** Nothing can be written while money comes in: everybody who wants to write is told 503, readers are served, and it goes on by itself. */
async function diskFull(stage: FaultStage, run: Run): Promise<void> {
  const [cancelled, told, paid] = (await openTrades(stage, 3)) as [OpenTrade, OpenTrade, OpenTrade];
  await effectsDone(stage);
  const toldHash = `0x${randomBytes(32).toString('hex')}`;
  const asks: Readonly<Record<string, Ask>> = {
    cancel: cancel(stage, cancelled),
    delivery: () => deliver(stage, callbackBody(told, toldHash, '10')),
    request: () =>
      stage.call('POST', '/api/requests', {
        token: stage.token(people.buyer, 'buyer'),
        body: { title: 'on a full disk', refundTo: stage.sandbox.info.deployment.buyerAddress },
      }),
    hint: () =>
      stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
        ...admin(stage),
        body: { paymentId: told.paymentId, transactionHash: toldHash },
      }),
  };
  const before = await stored(stage);
  const commands = ['insert', 'update', 'findAndModify'];
  const full = { commands, mode: 'alwaysOn', data: { errorCode: outOfDiskSpace } } as const;
  const { struck } = await withFailPoint(stage.mongo, full, async () => {
    await stage.chain.pay(paid.vault, units('10'));
    for (const [name, ask] of Object.entries(asks)) {
      const answer = await ask();
      expect(answer.status, `${name}: ${JSON.stringify(answer.body)}`).to.equal(503);
      expect(Number(answer.retryAfter), `${name}: when to repeat`).to.be.greaterThan(0);
    }
    expect((await payment(stage, paid.paymentId)).status, 'what is stored can be read').to.equal('pending');
    expect(await stored(stage), 'nothing is half done').to.deep.equal(before);
  });
  expect(struck, 'the database refused every write').to.be.at.least(Object.keys(asks).length);
  const begun = performance.now();
  for (const [name, ask] of Object.entries(asks)) {
    const answer = await ask();
    expect(answer.status, `${name}, repeated: ${JSON.stringify(answer.body)}`).to.be.within(200, 202);
  }
  await untilPayment(stage, paid.paymentId, { status: 'completed', custody: 'contract' });
  await effectsDone(stage);
  run.recovered((performance.now() - begun) / 1000);
  run.figure('writes refused by a full disk', struck);
}

const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
/** How much slower a long history may be, and what two busy cores alone can add. */
const slower = 3;
const noiseMs = 50;

/** What is asked of a payment whose newest transition is `last`. */
const callsOf = (stage: FaultStage, run: Run): Readonly<Record<string, (trade: OpenTrade, last: number) => Ask>> => ({
  observe(trade) {
    const digits = Math.floor(run.random() * 2 ** 48).toString(16);
    const body = callbackOf(trade, 'PARTIAL', [{ txHash: `0x${digits.padStart(64, '0')}`, amount: '1' }]);
    return () => deliver(stage, body);
  },
  get:
    ({ paymentId }) =>
    () =>
      stage.call('GET', `/api/payment/${paymentId}`, admin(stage)),
  'newest events':
    ({ paymentId }, last) =>
    () =>
      stage.call('GET', `/api/payment/${paymentId}/events?after=${Math.max(0, last - 3)}`, admin(stage)),
  list: () => () => stage.call('GET', '/api/payment?limit=50', admin(stage)),
});

/** How long the caller waits, also when he was told to come again. */
async function millisecondsOf(name: string, call: Ask): Promise<number> {
  const begun = performance.now();
  await eventually(
    async () => {
      const answer = await call();
      expect(answer.status, `${name}: ${JSON.stringify(answer.body)}`).to.be.oneOf([200, 202]);
      return true;
    },
    { timeoutMs: stepLimitMs, what: `${name} is answered` },
  );
  return performance.now() - begun;
}

/** One payment with a history of years beside one that was just opened: the same calls cost the same. */
async function longHistory(stage: FaultStage, run: Run): Promise<void> {
  const [short, long] = (await openTrades(stage, 2)) as [OpenTrade, OpenTrade];
  await effectsDone(stage);
  const added = run.number('transitions');
  const had = (await transitions(stage, long.paymentId)).length;
  await lengthen(stage, long.paymentId, added);
  await effectsDone(stage);
  run.say(`a payment has ${had + added} transitions`);
  for (const [name, call] of Object.entries(callsOf(stage, run))) {
    const times: Record<'short' | 'long', number[]> = { short: [], long: [] };
    for (let n = 0; n < run.number('samples'); n += 1) {
      for (const [which, trade, last] of [
        ['short', short, had],
        ['long', long, had + added],
      ] as const) {
        times[which].push(await millisecondsOf(name, call(trade, last)));
      }
    }
    const [few, many] = [median(times.short), median(times.long)];
    run.figure(`${name} (ms, short and long)`, `${few.toFixed(1)} and ${many.toFixed(1)}`);
    expect(many, `${name} of ${added} transitions beside ${few.toFixed(1)} ms`).to.be.at.most(slower * few + noiseMs);
  }
  await expectWholeHistory(stage, long.paymentId, had + added);
  await stage.chain.pay(long.vault, units('10'));
  await untilPayment(stage, long.paymentId, { status: 'completed', custody: 'contract' });
}

/** A client that missed all of it reads it page by page, each of bounded size. */
async function expectWholeHistory(stage: FaultStage, paymentId: string, least: number): Promise<void> {
  let after = 0;
  for (let size = -1; size !== 0; ) {
    const answer = await stage.call('GET', `/api/payment/${paymentId}/events?after=${after}`, admin(stage));
    const page = answer.body.data as { seq: number }[];
    expect(page.map(({ seq }) => seq)).to.deep.equal(page.map((_, index) => after + 1 + index));
    size = page.length;
    expect(size).to.be.at.most(100);
    after = Number(answer.body.nextAfter);
  }
  expect(after).to.be.at.least(least);
}

const mebibyte = 1_048_576;

/** Bodies of 1 MB: refused by their size alone where they are too large, and never our mistake where they are not. */
async function largeBodies(stage: FaultStage): Promise<void> {
  const trade = await openTrade(stage);
  const before = await stored(stage);
  const filler = 'x'.repeat(mebibyte);
  const json = await stage.call('POST', '/api/requests', {
    ...admin(stage),
    body: { title: 'large', description: filler },
  });
  expect(json.status, JSON.stringify(json.body)).to.equal(413);
  const callback = await deliver(stage, JSON.stringify({ external_id: `AMN_${trade.paymentId}`, filler }));
  expect(callback.status, JSON.stringify(callback.body)).to.equal(413);
  const fits = JSON.stringify({ external_id: `AMN_${trade.paymentId}`, filler: filler.slice(0, mebibyte - 1024) });
  const unreadable = await deliver(stage, fits);
  expect(unreadable.status, JSON.stringify(unreadable.body)).to.be.below(500);
  const after = await stored(stage);
  for (const name of ['payment_transitions', 'payments', 'purchase_requests', 'seller_offers'])
    expect(after[name], name).to.equal(before[name]);
  await eventually(async () => (await cancel(stage, trade)()).status === 200, {
    timeoutMs: stepLimitMs,
    what: 'the payment is as usable as before',
  });
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  await largeBodies(stage);
  await diskFull(stage, run);
  await longHistory(stage, run);
  run.figure('transitions of one payment', run.number('transitions'));
}

/** There is no room, or far too much of something. */
export const fullAndLong: Scenario = {
  id: 'F18',
  title:
    'a full disk, bodies of 1 MB and thousands of transitions on one payment: 503 and nothing half done, 413, and the same latency as before',
  numbers: { transitions: { full: 10_000, short: 200 }, samples: { full: 31, short: 7 } },
  run,
};
