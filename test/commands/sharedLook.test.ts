import { expect } from 'chai';
import { createSharedLook } from '../../server/commands/rules/sharedLook.ts';
import type { State } from '../../server/domain/state.ts';
import { createTestClock } from '../support/clock.ts';

/** Looks that end when the test says so, each with a state of its own. */
function world() {
  const looks: { readonly askProvider: boolean; end(): void; fail(): void }[] = [];
  const clock = createTestClock();
  const stateOf = (id: string) => ({ id }) as State;
  const shared = createSharedLook({
    look: (_paymentId, { askProvider }) => {
      const { promise, resolve, reject } = Promise.withResolvers<State>();
      const n = looks.length + 1;
      looks.push({ askProvider, end: () => resolve(stateOf(`look ${n}`)), fail: () => reject(new Error('no node')) });
      return promise;
    },
    read: async () => stateOf('recorded'),
    clock,
  });
  const ask = async (more: { askProvider?: boolean; hint?: boolean } = {}) =>
    (await shared('p', { askProvider: true, ...more })).id;
  return { ask, shared, looks, clock };
}

describe('looks that are shared', () => {
  it('runs one look at a payment at a time, and one more for all who asked meanwhile', async () => {
    const { ask, looks } = world();
    const first = ask();
    const others = [ask({ askProvider: false }), ask(), ask()];
    expect(looks).to.have.length(1);
    looks[0]?.end();
    expect(await first).to.equal('look 1');
    await Promise.resolve();
    looks[1]?.end();
    expect(await Promise.all(others)).to.deep.equal(['look 2', 'look 2', 'look 2']);
    expect(looks.map(({ askProvider }) => askProvider)).to.deep.equal([true, true]);
  });

  it('looks again after a look that failed, also for those who waited', async () => {
    const { ask, looks } = world();
    const first = ask().catch((error: Error) => error.message);
    const second = ask();
    looks[0]?.fail();
    expect(await first).to.equal('no node');
    await Promise.resolve();
    looks[1]?.end();
    expect(await second).to.equal('look 2');
    const third = ask();
    looks[2]?.end();
    expect(await third).to.equal('look 3');
  });

  it('looks at two payments side by side', () => {
    const { shared, looks } = world();
    void shared('p', { askProvider: true });
    void shared('q', { askProvider: true });
    expect(looks).to.have.length(2);
  });

  it('answers hints that bring nothing new from the record for two seconds', async () => {
    const { ask, looks, clock } = world();
    const first = ask({ hint: true });
    expect(await ask({ hint: true })).to.equal('recorded');
    looks[0]?.end();
    await first;
    clock.advance(1_999);
    expect(await ask({ hint: true })).to.equal('recorded');
    clock.advance(1);
    const second = ask({ hint: true });
    looks[1]?.end();
    expect(await second).to.equal('look 2');
  });
});
