import { expect } from 'chai';
import type { Transition } from '../../server/domain/transition.ts';
import type { AppendResult } from '../../server/ports.ts';
import { commandsOf } from '../support/countedCommands.ts';
import { buildLegs, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('appends that run at the same time', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  const append = async (transition: Transition): Promise<AppendResult | undefined> =>
    (await opened.store.transitions.append([transition]))[0];
  const settle = (transitions: readonly Transition[]) => Promise.allSettled(transitions.map(append));
  const outcomes = (settled: Awaited<ReturnType<typeof settle>>) =>
    settled.map((one) => (one.status === 'fulfilled' ? one.value?.outcome : 'threw'));
  const stored = (transitions: readonly Transition[]) =>
    opened.database
      .collection<{ _id: string }>('payment_transitions')
      .countDocuments({ _id: { $in: transitions.map(({ id }) => id) } });

  it('leave as one insert', async () => {
    const batch = Array.from({ length: 20 }, () => buildTransition());
    const commands = await commandsOf(opened.database, () => settle(batch));
    expect(commands).to.deep.equal(['insert payment_transitions']);
    expect(await stored(batch)).to.equal(20);
  });

  it('get their own answers: appended, number taken, claim taken, too large, and a mistake that harms nobody else', async () => {
    const taken = buildTransition({ claims: [`tx:${randomIds.payment()}`] });
    await append(taken);
    const { paymentId } = buildTransition();
    const legs = [...buildLegs(paymentId, 5n), { account: 'loss', asset: 'bsc:USDT', amount: 1n }];
    const settled = await settle([
      buildTransition(),
      buildTransition({ paymentId: taken.paymentId }),
      buildTransition({ claims: taken.claims }),
      buildTransition({ paymentId, legs }),
      buildTransition({ evidence: { rawBody: Buffer.alloc(2 ** 20) } }),
      buildTransition({ evidence: { amount: 10n ** 40n } }),
      buildTransition(),
    ]);
    expect(outcomes(settled)).to.deep.equal([
      ...['appended', 'sequenceTaken', 'claimTaken', 'threw', 'tooLarge', 'threw', 'appended'],
    ]);
  });

  it('are not sent for a caller who has left, and those beside them are', async () => {
    const [left, stays] = [buildTransition(), buildTransition()];
    const settled = await Promise.allSettled([
      opened.store.transitions.append([left], () => false),
      opened.store.transitions.append([stays], () => true),
    ]);
    expect(settled.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled']);
    expect([await stored([left]), await stored([stays])]).to.deep.equal([0, 1]);
  });

  it('of one payment: the first wins, all others are told that the number is taken', async () => {
    const first = buildTransition();
    const rivals = Array.from({ length: 9 }, () => buildTransition({ paymentId: first.paymentId }));
    const settled = await settle([first, ...rivals]);
    expect(outcomes(settled)).to.deep.equal(['appended', ...Array(9).fill('sequenceTaken')]);
    expect((await opened.store.transitions.tail(first.paymentId))?.attempt).to.equal(first.attempt);
  });

  it('with one claim: one wins, the others are told which claim is taken', async () => {
    const claims = [`fund:${randomIds.payment()}`];
    const settled = await settle(Array.from({ length: 5 }, () => buildTransition({ claims })));
    expect(outcomes(settled)).to.deep.equal(['appended', ...Array(4).fill('claimTaken')]);
  });

  it('are all unknown after a write-concern error, but for those that were certainly refused', async () => {
    const taken = buildTransition({ claims: [`tx:${randomIds.payment()}`] });
    await append(taken);
    const batch = [
      buildTransition(),
      buildTransition({ paymentId: taken.paymentId }),
      buildTransition({ claims: taken.claims }),
    ];
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    const settled = await opened.failing(
      { mode: { times: 1 }, data: { failCommands: ['insert'], writeConcernError } },
      () => settle(batch),
    );
    const [fresh, ...refused] = outcomes(settled);
    expect(fresh).to.equal('unknown');
    for (const outcome of refused) expect(outcome).to.be.oneOf(['unknown', 'sequenceTaken', 'claimTaken']);
    expect(await stored(batch.slice(0, 1))).to.equal(1);
  });

  it('are all unknown when the line breaks twice, and nothing of them is stored', async () => {
    const batch = Array.from({ length: 5 }, () => buildTransition());
    const settled = await opened.failing(
      { mode: { times: 2 }, data: { failCommands: ['insert'], closeConnection: true } },
      () => settle(batch),
    );
    expect(outcomes(settled)).to.deep.equal(Array(5).fill('unknown'));
    expect(await stored(batch)).to.equal(0);
  });

  it('are stored once when the reply is lost once, because the driver repeats the whole batch', async () => {
    const batch = Array.from({ length: 5 }, () => buildTransition());
    const settled = await opened.failing(
      { mode: { times: 1 }, data: { failCommands: ['insert'], closeConnection: true } },
      () => settle(batch),
    );
    expect(outcomes(settled)).to.deep.equal(Array(5).fill('appended'));
    expect(await stored(batch)).to.equal(5);
  });
});
