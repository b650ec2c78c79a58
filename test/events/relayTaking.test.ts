import { expect } from 'chai';
import { effectTypes } from '../../server/domain/transition.ts';
import { createRelay, type RelayDeps } from '../../server/events/relay.ts';
import type { Subscribers } from '../../server/events/subscribers.ts';
import { createTestClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { buildTransition, createTestLogger } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const silent = Object.fromEntries(effectTypes.map((type) => [type, async () => {}])) as unknown as Subscribers;

describe('what the relay takes, and when', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  beforeEach(() => opened.database.collection('payment_transitions').deleteMany({}));

  const relay = (subscribers: Partial<Subscribers>, more: Partial<RelayDeps> = {}) =>
    createRelay({
      ...{ relayStore: opened.store.relay, project: opened.store.transitions.project, watches: opened.store.watches },
      ...{ subscribers: { ...silent, ...subscribers }, recordAlarm: opened.store.audit.record, crash: () => {} },
      ...{ logger: createTestLogger().logger, clock: createTestClock(), ...more },
    });
  const append = (count: number) =>
    opened.store.transitions.append(
      Array.from({ length: count }, () => buildTransition({ effects: [{ type: 'verify' }, { type: 'drivePayout' }] })),
    );
  const undone = () => opened.database.collection('payment_transitions').countDocuments({ 'relay.done': false });

  it('is no more payments at a time than it may work on, and the next ones as soon as there is room', async () => {
    await append(7);
    let [running, most] = [0, 0];
    const verify = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    };
    await relay({ verify }, { concurrency: 3 }).drain();
    expect([most, await undone()]).to.deep.equal([3, 0]);
  });

  it('is looked for every second, also when nobody said that there is something', async () => {
    const one = relay({});
    one.start();
    await append(1);
    await eventually(async () => (await undone()) === 0, { timeoutMs: 5_000, what: 'the step to be done' });
    await one.stop();
  });

  it('is left at the next effect once another process holds it', async () => {
    await append(1);
    const done: string[] = [];
    let renewNow = () => {};
    const verify = async () => {
      done.push('verify');
      renewNow();
      await new Promise(setImmediate);
    };
    const drivePayout = async () => void done.push('drivePayout');
    const every: RelayDeps['every'] = (_ms, callback) => {
      renewNow = callback;
      return () => {};
    };
    const relayStore = { ...opened.store.relay, renew: async () => false };
    await relay({ verify, drivePayout }, { relayStore, every }).drain();
    expect(done).to.deep.equal(['verify']);
    expect(await undone()).to.equal(1);
  });

  it('is searched for at every wake, also one in the very moment in which a search ends', async () => {
    const turns = async (count: number) => {
      for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
    };
    for (let count = 0; count < 24; count += 1) {
      let searches = 0;
      const lease = async () => {
        searches += 1;
        if (searches === 1) void turns(count).then(() => one.wake());
        return [];
      };
      const one = relay({}, { relayStore: { ...opened.store.relay, lease } });
      one.wake();
      await new Promise(setImmediate);
      expect(searches, `a wake after ${count} turns`).to.equal(2);
    }
  });
});
