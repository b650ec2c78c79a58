import { expect } from 'chai';
import { createCheckOpenPayments } from '../../server/commands/checkOpenPayments.ts';
import { AppError } from '../../server/errors.ts';
import { paymentState, recorded } from '../http/records.ts';
import { pageOf } from '../support/pages.ts';

const idOf = (n: number) => String(n).padStart(24, '0');
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Ten open payments, newest first as lists stand, and looks at them that take a while of the clock. */
function world(look: (id: string) => Promise<void> = async () => undefined, lookMs = 0) {
  const rows = Array.from({ length: 10 }, (_, n) => ({
    ...recorded(paymentState({ id: idOf(n) })),
    createdAtMs: n,
  })).toReversed();
  const looked: string[] = [];
  let nowMs = 0;
  const check = createCheckOpenPayments({
    queries: {
      payments: async (_query, page) => pageOf(rows, page, (row) => ({ id: row.state.id, atMs: row.createdAtMs })),
    },
    verifyPayment: async (id) => {
      looked.push(id);
      nowMs += lookMs;
      await look(id);
      return paymentState({ id, status: 'completed' });
    },
    clock: { now: () => nowMs },
    logger,
  });
  return { check, looked };
}
const wanted = { limit: 6, after: null, askProvider: false };

describe('checkOpenPayments', () => {
  it('looks at a batch, oldest first, and says where the next one begins', async () => {
    const { check, looked } = world();
    const first = await check(wanted);
    expect(first.checked.map(({ before }) => before.id)).to.deep.equal([0, 1, 2, 3, 4, 5].map(idOf));
    const second = await check({ ...wanted, after: first.next });
    expect(second.next).to.equal(null);
    expect(looked).to.deep.equal(Array.from({ length: 10 }, (_, n) => idOf(n)));
  });

  it('goes on after a payment that could not be looked at, and names it', async () => {
    const { check } = world(async (id) => {
      if (id === idOf(1)) throw new AppError('chain_unavailable', 'No node.');
    });
    const { checked } = await check(wanted);
    expect(checked.filter(({ now }) => now === null).map(({ before }) => before.id)).to.deep.equal([idOf(1)]);
    expect(checked).to.have.length(6);
  });

  it('leaves what takes too long to the next batch, without passing any by', async () => {
    const { check } = world(undefined, 5_000);
    const first = await check({ ...wanted, limit: 10 });
    expect(first.checked).to.have.length(4);
    expect(first.next).to.deep.equal({ atMs: 3, id: idOf(3) });
    const second = await check({ ...wanted, limit: 10, after: first.next });
    expect(second.checked[0]?.before.id).to.equal(idOf(4));
  });

  it('refuses a second batch while one runs, and not after it, however it ended', async () => {
    const gate = Promise.withResolvers<void>();
    const { check } = world(() => gate.promise);
    const running = check(wanted);
    const second = await check(wanted).catch((error: unknown) => error);
    expect(second).to.be.instanceOf(AppError).and.to.include({ code: 'already_running' });
    gate.resolve();
    await running;
    expect((await check(wanted)).checked).to.have.length(6);
  });
});
