import { expect } from 'chai';
import { createAddressLease } from '../../server/commands/rules/addressLease.ts';
import type { TransitionStore } from '../../server/ports.ts';
import * as f from '../domain/factories.ts';

describe('addressLease', () => {
  const opened = f.history(f.opened).state;
  const addressed = f.history(f.opened, f.addressGiven).state;

  /** A process that appended the intent 10 s after it was decided, and whether it asks for the address so long after. */
  async function asksAfter(ms: number): Promise<boolean> {
    let [now, asked] = [opened.openedAtMs + 10_000, false];
    const lease = createAddressLease({
      clock: { now: () => now },
      store: { tail: async () => ({ state: addressed }) } as unknown as TransitionStore,
      askAddress: async () => {
        asked = true;
        return addressed;
      },
    });
    lease.hold(opened.id);
    now = opened.openedAtMs + ms;
    expect(await lease.address(opened)).to.equal(addressed);
    return asked;
  }

  it('ends 45 s after the opening, whenever it was taken: by then the due row may ask, and a call takes 25 s', async () => {
    expect(await asksAfter(20_000)).to.equal(true);
    expect(await asksAfter(20_001)).to.equal(false);
  });
});
