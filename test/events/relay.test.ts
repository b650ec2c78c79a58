import { expect } from 'chai';
import type { EffectBody, Transition } from '../../server/domain/transition.ts';
import { NewerVersionError } from '../../server/errors.ts';
import { createRelay, type RelayDeps } from '../../server/events/relay.ts';
import type { AlarmRecord, Subscribers } from '../../server/events/subscribers.ts';
import { addresses } from '../domain/factories.ts';
import { createTestClock, type TestClock } from '../support/clock.ts';
import { buildState, buildTransition, createTestLogger, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const silent = (): Subscribers => {
  const nothing = async () => {};
  return {
    ...{ askAddress: nothing, verify: nothing, drivePayout: nothing, requestForward: nothing },
    ...{ openPayoutRecord: nothing, reportPayout: nothing, setRequestStatus: nothing },
    ...{ acceptOffer: nothing, event: nothing, alarm: nothing },
  };
};

describe('the relay', () => {
  let opened: TestStore;
  let clock: TestClock;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  beforeEach(async () => {
    clock = createTestClock();
    await opened.database.collection('payment_transitions').deleteMany({});
  });

  const relay = (subscribers: Partial<Subscribers>, overrides: Partial<RelayDeps> = {}) =>
    createRelay({
      relayStore: opened.store.relay,
      project: opened.store.transitions.project,
      watches: opened.store.watches,
      subscribers: { ...silent(), ...subscribers },
      recordAlarm: opened.store.audit.record,
      crash: () => {},
      logger: createTestLogger().logger,
      clock,
      ...overrides,
    });
  const append = async (...transitions: Transition[]) => {
    await opened.store.transitions.append(transitions);
  };
  const effects: EffectBody[] = [{ type: 'verify' }, { type: 'drivePayout' }];
  const steps = (paymentId: string, count: number) =>
    Array.from({ length: count }, (_, index) => buildTransition({ paymentId, seq: index + 1, effects }));
  const undone = () => opened.database.collection('payment_transitions').countDocuments({ 'relay.done': false });

  it('carries out the effects of each payment strictly in order, several payments at a time', async () => {
    const payments = [randomIds.payment(), randomIds.payment(), randomIds.payment()];
    for (const paymentId of payments) await append(...steps(paymentId, 4));
    const done: string[] = [];
    const note = async ({ key }: { key: string }) => {
      await new Promise(setImmediate);
      done.push(key);
    };
    await relay({ verify: note, drivePayout: note }).drain();
    for (const paymentId of payments) {
      const expected = [1, 2, 3, 4].flatMap((seq) => [`${paymentId}-${seq}-0`, `${paymentId}-${seq}-1`]);
      expect(done.filter((key) => key.startsWith(paymentId))).to.deep.equal(expected);
    }
    expect(await undone()).to.equal(0);
  });

  it('projects and watches before the first effect', async () => {
    const id = randomIds.payment();
    const state = buildState({ id, vault: `0x${'A'.repeat(40)}` });
    await append(buildTransition({ paymentId: id, state, effects }));
    const seen: unknown[] = [];
    const verify = async () => {
      const found = await opened.store.queries.payment(id, null);
      const [watch] = await opened.store.watches.byTermsId(state.asset.chainId, [state.termsId]);
      seen.push(found?.seq, watch);
    };
    await relay({ verify }).drain();
    expect(seen).to.deep.equal([
      1,
      {
        ...{ paymentId: id, chainId: state.asset.chainId, termsId: state.termsId, fromBlock: state.headBlock },
        hotWallet: addresses.hotWallet,
        ...{ untilMs: state.watchUntilMs, addresses: [{ address: `0x${'a'.repeat(40)}`, custody: 'contract' }] },
      },
    ]);
  });

  it('shares the work of two relays, each effect once', async () => {
    const payments = Array.from({ length: 10 }, () => randomIds.payment());
    for (const paymentId of payments) await append(...steps(paymentId, 3));
    const done: string[] = [];
    const note = async ({ key }: { key: string }) => void done.push(key);
    const relays = [relay({ verify: note, drivePayout: note }), relay({ verify: note, drivePayout: note })];
    // One relay may find everything taken and end early while the other still works on predecessors.
    while ((await undone()) > 0) await Promise.all(relays.map((one) => one.drain()));
    expect(done).to.have.length(60);
    expect(new Set(done).size).to.equal(60);
  });

  it('repeats an effect whose process died before it could mark it, after the lease', async () => {
    const [transition] = steps(randomIds.payment(), 1);
    if (transition === undefined) throw new Error('no transition');
    await append(transition);
    const { promise: performed, resolve } = Promise.withResolvers<void>();
    const dying = async () => {
      resolve();
      await new Promise<never>(() => {});
    };
    relay({ verify: dying }).wake();
    await performed;
    const done: string[] = [];
    const note = async ({ key }: { key: string }) => void done.push(key);
    const survivor = relay({ verify: note, drivePayout: note });
    await survivor.drain();
    expect(done).to.deep.equal([]);
    clock.advance(5_000);
    await survivor.drain();
    expect(done).to.deep.equal([`${transition.paymentId}-1-0`, `${transition.paymentId}-1-1`]);
    expect(await undone()).to.equal(0);
  });

  it('does not mark what another relay took over meanwhile', async () => {
    const paymentId = randomIds.payment();
    await append(...steps(paymentId, 1));
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const slow = relay({
      async verify() {
        start();
        await held;
      },
    });
    slow.wake();
    await started;
    clock.advance(5_000);
    const [taken] = await opened.store.relay.lease(clock.now(), 5_000, 1);
    letGo();
    await slow.stop();
    expect(taken?.fence).to.equal(2);
    expect(await undone()).to.equal(1);
  });

  it('tries a failing effect again later, in order, and then goes on', async () => {
    const paymentId = randomIds.payment();
    await append(...steps(paymentId, 2));
    const done: string[] = [];
    let failures = 2;
    const verify = async ({ key }: { key: string }) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('not yet');
      }
      done.push(key);
    };
    const one = relay({ verify });
    await one.drain();
    expect({ done, failures }).to.deep.equal({ done: [], failures: 1 });
    clock.advance(250);
    await one.drain();
    expect(failures).to.equal(0);
    clock.advance(500);
    await one.drain();
    expect(done).to.deep.equal([`${paymentId}-1-0`, `${paymentId}-2-0`]);
  });

  it('parks an effect that fails ten times, says so, and goes on with what comes after it', async () => {
    const paymentId = randomIds.payment();
    await append(...steps(paymentId, 2));
    const done: string[] = [];
    const records: AlarmRecord[] = [];
    const verify = async ({ key }: { key: string }) => {
      if (key.endsWith('-1-0')) throw new Error('never works');
      done.push(key);
    };
    const drivePayout = async ({ key }: { key: string }) => void done.push(key);
    const recordAlarm = async (record: AlarmRecord) => void records.push(record);
    const one = relay({ verify, drivePayout }, { recordAlarm });
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      expect(done).to.deep.equal([]);
      await one.drain();
      clock.advance(60_000);
    }
    expect(done).to.deep.equal([`${paymentId}-1-1`, `${paymentId}-2-0`, `${paymentId}-2-1`]);
    expect(records).to.have.length(1);
    expect(records[0]).to.deep.include({ category: 'parked', paymentId, seq: 1, reason: 'never works' });
    const row = await opened.database.collection('payment_transitions').findOne({ p: paymentId, seq: 1 });
    expect(row?.relay.parked).to.have.length(1);
    expect(row?.relay.done).to.equal(true);
  });

  it('never parks what waits for a newer version of the server, however often it was tried', async () => {
    const paymentId = randomIds.payment();
    await append(...steps(paymentId, 1));
    let isRolledOut = false;
    const verify = async () => {
      if (!isRolledOut) throw new NewerVersionError('another payment', 'kind giftSent');
    };
    const waiting = relay({ verify });
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await waiting.drain();
      clock.advance(60_000);
    }
    expect(await undone()).to.equal(1);
    isRolledOut = true;
    await waiting.drain();
    expect(await undone()).to.equal(0);
    expect(
      await opened.database.collection('payment_transitions').countDocuments({ 'relay.parked.0': { $exists: true } }),
    ).to.equal(0);
  });

  it('passes the labels at which a process may be killed', async () => {
    await append(...steps(randomIds.payment(), 1));
    const labels: string[] = [];
    await relay({}, { crash: (label) => void labels.push(label) }).drain();
    expect(labels).to.deep.equal([
      ...['relayLeased', 'beforeEffect:verify', 'afterEffect:verify', 'beforeEffect:drivePayout'],
      ...['afterEffect:drivePayout', 'effectMarked'],
    ]);
  });

  it('takes nothing more once it is stopped, and waits for what runs', async () => {
    await append(...steps(randomIds.payment(), 1));
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const done: string[] = [];
    const one = relay({
      async verify({ key }) {
        start();
        await new Promise(setImmediate);
        done.push(key);
      },
    });
    one.start();
    await started;
    await one.stop();
    expect(done).to.have.length(1);
    await append(...steps(randomIds.payment(), 1));
    one.wake();
    await one.drain();
    expect(await undone()).to.equal(1);
  });

  it('survives a database that cannot be read', async () => {
    const lines = createTestLogger();
    const relayStore = { ...opened.store.relay, lease: () => Promise.reject(new Error('down')) };
    await relay({}, { relayStore, logger: lines.logger }).drain();
    expect(lines.lines.map(({ level }) => level)).to.deep.equal(['warn']);
  });

  it('refuses a table of subscribers in which an effect type is missing', () => {
    const { verify: _verify, ...incomplete } = silent();
    expect(() => relay({}, { subscribers: incomplete as Subscribers })).to.throw('No subscriber for: verify');
  });
});
