import { expect } from 'chai';
import { createExpirePayments, type ExpirePaymentsDeps } from '../../server/commands/expirePayments.ts';
import type { State } from '../../server/domain/state.ts';
import { createTestClock } from '../support/clock.ts';

/** Payments `p0`, `p1`, … past their deadlines, the oldest first; those in `stuck` cannot be looked at. */
function world(total: number, stuck: ReadonlySet<string>, outcome: 'changed' | 'noChange' = 'changed') {
  const open = new Set(Array.from({ length: total }, (_, n) => `p${n}`));
  const looks: string[] = [];
  const clock = createTestClock();
  const ignore = () => undefined;
  const deps: ExpirePaymentsDeps = {
    queries: { expired: async (_now, limit) => [...open].slice(0, limit) },
    async verifyPayment(id) {
      looks.push(id);
      if (stuck.has(id)) throw new Error('no answer');
      return { id } as State;
    },
    coordinator: {
      async observe(id) {
        if (outcome === 'changed') open.delete(id);
        return { outcome, state: { id } as State, seq: 1 };
      },
    },
    clock,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  };
  return { expire: createExpirePayments(deps), looks, clock, open };
}

describe('expirePayments', () => {
  it('lets payments that cannot be looked at stand in nobody’s way', async () => {
    const stuck = new Set(['p0', 'p1', 'p2']);
    const { expire, open, looks, clock } = world(6, stuck);
    expect(await expire(3)).to.equal(0);
    expect(await expire(3)).to.equal(3);
    expect([...open]).to.deep.equal([...stuck]);
    expect(await expire(3)).to.equal(0);
    expect(looks).to.have.length(6);
    clock.advance(10_000);
    await expire(3);
    expect(looks).to.have.length(9);
  });

  it('looks once a minute at a payment that stays open', async () => {
    const { expire, looks, clock } = world(1, new Set(), 'noChange');
    for (let second = 0; second < 60; second += 1) {
      await expire(100);
      clock.advance(1_000);
    }
    expect(looks).to.have.length(1);
    await expire(100);
    expect(looks).to.have.length(2);
  });
});
