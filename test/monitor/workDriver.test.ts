import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { createInvoicePoller } from '../../server/monitor/invoicePoller.ts';
import { createWorkDriver, type DueHandlers } from '../../server/monitor/workDriver.ts';
import { createTestClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { buildState, createTestLogger } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('workDriver and invoicePoller', () => {
  let testStore: TestStore;
  beforeEach(async () => {
    testStore = await openTestStore();
  });
  afterEach(() => testStore.close());

  const crash = () => undefined;
  function driverOf(handlers: DueHandlers, clock = createTestClock()) {
    const { dueWork } = testStore.store;
    const { logger, lines } = createTestLogger();
    return { driver: createWorkDriver({ dueWork, handlers, clock, logger, crash, idleMs: 10 }), dueWork, clock, lines };
  }

  it('finishes what is done and comes back when the handler says so', async () => {
    const worked: string[] = [];
    const { driver, dueWork, clock } = driverOf({
      verify: async (paymentId) => {
        worked.push(`verify ${paymentId}`);
        return null;
      },
      drivePayout: async (paymentId) => {
        worked.push(`drive ${paymentId}`);
        return worked.length < 3 ? clock.now() + 5_000 : null;
      },
    });
    await dueWork.schedule('verify', 'a', clock.now());
    await dueWork.schedule('drivePayout', 'b', clock.now());
    await dueWork.schedule('poll', 'c', clock.now());
    expect(await driver.drain()).to.equal(2);
    expect(await driver.drain()).to.equal(0);
    clock.advance(5_000);
    expect(await driver.drain()).to.equal(1);
    clock.advance(60_000);
    expect(await driver.drain()).to.equal(0);
    expect(worked).to.have.members(['verify a', 'drive b', 'drive b']);
  });

  it('postpones a failure, longer each time, and drops work for a payment that does not exist', async () => {
    let failures = 0;
    const { driver, dueWork, clock } = driverOf({
      verify: async () => {
        failures += 1;
        throw new Error('no');
      },
      requestForward: () => Promise.reject(new AppError('not_found', 'gone')),
    });
    await dueWork.schedule('verify', 'a', clock.now());
    await dueWork.schedule('requestForward', 'b', clock.now());
    for (const [before, pause] of [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      clock.advance(pause - 1);
      await driver.drain();
      expect(failures, `${pause} ms are not over`).to.equal(before);
      clock.advance(1);
      await driver.drain();
      expect(failures).to.equal(before + 1);
    }
    clock.advance(3_600_000);
    expect(await driver.drain()).to.equal(1);
  });

  it('gives an unanswered question for an address ten seconds', async () => {
    let asked = 0;
    const { driver, dueWork, clock } = driverOf({
      askAddress: async () => {
        asked += 1;
        throw new Error('timed out');
      },
    });
    await dueWork.schedule('askAddress', 'a', clock.now());
    await driver.drain();
    clock.advance(9_999);
    await driver.drain();
    expect(asked).to.equal(1);
    clock.advance(1);
    await driver.drain();
    expect(asked).to.equal(2);
  });

  it('keeps the lease of long work alive, so that no other process begins the same', async () => {
    const { promise: renewed, resolve } = Promise.withResolvers<number>();
    const { dueWork } = testStore.store;
    const clock = createTestClock();
    const renewing: typeof dueWork = {
      ...dueWork,
      async renew(row, until) {
        await dueWork.renew(row, until);
        resolve(until);
      },
    };
    const { logger } = createTestLogger();
    const others: unknown[] = [];
    const handlers: DueHandlers = {
      async verify() {
        clock.advance(5_000);
        await renewed;
        clock.advance(5_000);
        others.push(...(await dueWork.take(['verify'], clock.now(), 1_000, 1)));
        return null;
      },
    };
    const driver = createWorkDriver({ dueWork: renewing, handlers, clock, logger, crash });
    await dueWork.schedule('verify', 'a', clock.now());
    expect(await driver.drain()).to.equal(1);
    expect(others).to.deep.equal([]);
  });

  it('works rows in the background, at most so many at a time, and finishes them before it stops', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let [running, most, done] = [0, 0, 0];
    const { dueWork } = testStore.store;
    const clock = createTestClock();
    const handlers: DueHandlers = {
      verify: async () => {
        running += 1;
        most = Math.max(most, running);
        await gate;
        running -= 1;
        done += 1;
        return null;
      },
    };
    const { logger } = createTestLogger();
    const driver = createWorkDriver({ dueWork, handlers, clock, logger, crash, concurrency: 3, idleMs: 10 });
    for (let n = 0; n < 10; n += 1) await dueWork.schedule('verify', `p${n}`, clock.now());
    driver.start();
    await eventually(() => running === 3, { timeoutMs: 5_000, what: 'three rows in work' });
    open();
    await eventually(() => done === 10, { timeoutMs: 5_000, what: 'all rows worked' });
    await dueWork.schedule('verify', 'late', clock.now());
    await driver.runDue('verify', 'late');
    await eventually(() => done === 11, { timeoutMs: 5_000, what: 'the nudged row' });
    await driver.stop();
    expect(most).to.equal(3);
  });

  it('asks every minute while a payment is open, then less and less often, and then no more', async () => {
    const clock = createTestClock();
    const { dueWork } = testStore.store;
    const { logger } = createTestLogger();
    let status: 'pending' | 'failed' = 'pending';
    const expiresAtMs = clock.now();
    const verifyPayment = async () =>
      buildState({ status, expiresAtMs, watchUntilMs: clock.now() + (status === 'failed' ? 1 : 1e9) });
    const poller = createInvoicePoller({ dueWork, verifyPayment, clock, logger, crash });
    expect(await poller.poll('a')).to.equal(clock.now() + 60_000);
    status = 'failed';
    let looks = 0;
    for (let next: number | null = clock.now(); next !== null && next < expiresAtMs + 7 * 86_400_000; looks += 1) {
      clock.advance(next - clock.now());
      next = await poller.poll('a');
      if (looks === 0) expect(next).to.equal(expiresAtMs + 900_000);
      expect((next ?? 0) - clock.now()).to.be.within(900_000, 6 * 3_600_000);
    }
    expect(looks).to.be.within(30, 40);
    const over = createInvoicePoller({
      ...{ dueWork, clock, logger, crash },
      verifyPayment: async () => buildState({ status, watchUntilMs: clock.now() }),
    });
    expect(await over.poll('a')).to.equal(null);
    await dueWork.schedule('poll', 'b', clock.now());
    expect(await over.drain()).to.equal(1);
  });
});
