import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { createWorkDriver, type DueHandlers } from '../../server/monitor/workDriver.ts';
import type { DueWork } from '../../server/ports.ts';
import { createTestClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { createTestLogger } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('how work of the driver ends', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  beforeEach(() => opened.database.collection('due_work').deleteMany({}));

  function stage(handlers: DueHandlers, { idleMs = 10, concurrency = 2, over = {} as Partial<DueWork> } = {}) {
    const [clock, { logger, lines }] = [createTestClock(), createTestLogger()];
    const dueWork = { ...opened.store.dueWork, ...over };
    const driver = createWorkDriver({ dueWork, handlers, clock, logger, crash: () => undefined, idleMs, concurrency });
    const schedule = (paymentId: string) => opened.store.dueWork.schedule('verify', paymentId, clock.now());
    return { driver, clock, lines, schedule };
  }
  const within = { timeoutMs: 5_000 };

  it('with a pause when it was refused, unless its payment does not exist', async () => {
    let tries = 0;
    const verify = async () => {
      tries += 1;
      if (tries === 1) throw new AppError('busy', 'The database cannot be reached right now.');
      return null;
    };
    const { driver, clock, schedule } = stage({ verify });
    await schedule('a');
    await driver.drain();
    clock.advance(1_000);
    await driver.drain();
    expect(tries).to.equal(2);
  });

  it('with the first pause again once it has succeeded in between', async () => {
    const outcomes = ['fails', 'fails', 'succeeds', 'fails', 'succeeds'];
    const verify = async () => {
      if (outcomes.shift() === 'fails') throw new Error('no');
      return null;
    };
    const { driver, clock, schedule } = stage({ verify });
    for (const pause of [1_000, 2_000]) {
      await schedule('a');
      await driver.drain();
      clock.advance(pause);
    }
    await driver.drain();
    await schedule('a');
    await driver.drain();
    expect(outcomes).to.deep.equal(['succeeds']);
    clock.advance(1_000);
    await driver.drain();
    expect(outcomes).to.deep.equal([]);
  });

  it('with a look for the next row at once', async () => {
    const worked: string[] = [];
    const verify = async (paymentId: string) => {
      worked.push(paymentId);
      return null;
    };
    const { driver, schedule } = stage({ verify }, { idleMs: 3_600_000, concurrency: 1 });
    for (const id of ['a', 'b', 'c']) await schedule(id);
    driver.start();
    await eventually(() => worked.length === 3, { ...within, what: 'three rows, one after the other' });
    await driver.stop();
  });

  it('and leaves room for one other', async () => {
    const ends: (() => void)[] = [];
    let [begun, running, most] = [0, 0, 0];
    const verify = async () => {
      begun += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
      return null;
    };
    const { driver, schedule } = stage({ verify });
    for (const id of ['a', 'b', 'c', 'd', 'e']) await schedule(id);
    driver.start();
    for (const count of [2, 3, 4, 5]) {
      await eventually(() => begun === count, { ...within, what: `${count} rows begun` });
      ends.shift()?.();
    }
    ends.shift()?.();
    await driver.stop();
    expect([most, running]).to.deep.equal([2, 0]);
  });

  it('with another process six seconds after its own has died', async () => {
    const { promise: death, resolve: end } = Promise.withResolvers<null>();
    let begun = 0;
    const dying = stage({
      verify() {
        begun += 1;
        return death;
      },
    });
    const other = stage({ verify: async () => null });
    await dying.schedule('a');
    const working = dying.driver.drain();
    await eventually(() => begun === 1, { ...within, what: 'the row in work' });
    other.clock.advance(5_999);
    expect(await other.driver.drain()).to.equal(0);
    other.clock.advance(1);
    expect(await other.driver.drain()).to.equal(1);
    end(null);
    await working;
  });

  it('before the driver has stopped', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const order: string[] = [];
    const verify = async () => {
      order.push('begun');
      await gate;
      return null;
    };
    const finish: DueWork['finish'] = async (row) => {
      await opened.store.dueWork.finish(row);
      order.push('finished');
    };
    const { driver, schedule } = stage({ verify }, { over: { finish } });
    await schedule('a');
    driver.start();
    await eventually(() => order.length === 1, { ...within, what: 'a row in work' });
    const stopped = driver.stop().then(() => order.push('stopped'));
    // Longer than the driver waits for anything else.
    setTimeout(open, 100);
    await stopped;
    expect(order).to.deep.equal(['begun', 'finished', 'stopped']);
  });

  it('and no other is taken once the driver was told to stop, however many are due', async () => {
    const ends: (() => void)[] = [];
    let takes = 0;
    let stopped: Promise<void> | null = null;
    const verify = () =>
      new Promise<null>((resolve) => {
        if (stopped === null) ends.push(() => resolve(null));
        else resolve(null);
      });
    const take: DueWork['take'] = async (_kinds, _now, _leaseMs, atMost) => {
      takes += 1;
      // One that is worked ends while the next are taken, so there is always room.
      ends.shift()?.();
      await new Promise(setImmediate);
      if (takes === 5) stopped = driver.stop();
      const row = { kind: 'verify', attempts: 1, holder: '' } as const;
      return Array.from({ length: takes < 50 ? atMost : 0 }, (_, n) => ({ ...row, paymentId: `${takes}-${n}` }));
    };
    const { driver } = stage({ verify }, { over: { take, finish: async () => undefined } });
    driver.start();
    await eventually(() => ends.length === 2, { ...within, what: 'two rows in work' });
    ends.shift()?.();
    await eventually(() => takes >= 5, { ...within, what: 'the stop' });
    await driver.stop();
    expect(takes).to.equal(5);
  });

  it('with the lease where the database cannot take its end, and other work goes on', async () => {
    const away = async () => Promise.reject(new Error('away'));
    const worked: string[] = [];
    let looks = 0;
    const verify = async (paymentId: string) => {
      worked.push(paymentId);
      return null;
    };
    const take: DueWork['take'] = (...asked) => {
      looks += 1;
      return looks === 1 ? away() : opened.store.dueWork.take(...asked);
    };
    const { driver, schedule, lines } = stage({ verify }, { over: { take, finish: away, postpone: away } });
    await schedule('a');
    driver.start();
    await eventually(() => worked.length === 1, { ...within, what: 'the first row' });
    await schedule('b');
    await eventually(() => worked.length === 2, { ...within, what: 'the second row' });
    await driver.stop();
    const said = lines.map(({ message }) => message);
    expect(said[0]).to.equal('due work cannot be read');
    expect(said.filter((message) => message === 'due work stays leased')).to.have.length(2);
  });
});
