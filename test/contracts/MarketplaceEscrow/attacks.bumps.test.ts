import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { eventsOf } from '../observed.ts';

const { signers, stranger, seller, buyer } = roles;
const ALL = { toSeller: PRICE, toBuyer: 0n };
const BUMPS = 7;

describe('attacks by a signer who bumps', () => {
  const world = useEscrowWorld();

  const bump = (terms: Terms, by = signers[0]) => world().act(by, 'bumpSeq', [world().idOf(terms)]);
  async function bumpToLimit(terms: Terms): Promise<void> {
    for (let count = 0; count < BUMPS; count += 1) await bump(terms, signers[count % 2]);
  }
  async function limited(terms: Terms): Promise<void> {
    for (const by of signers) await world().rejects(bump(terms, by), 'BumpLimit');
  }

  /** How a payment of which nobody had a record gets one. */
  const ways: Record<string, (terms: Terms) => Promise<unknown>> = {
    fund: (terms) => world().fund(terms),
    sweep: (terms) => world().act(seller, 'sweep', [terms]),
    settle: (terms) => world().settle(terms, { toSeller: 1n, toBuyer: 0n, seq: BUMPS }),
    markDelivered: (terms) => world().act(seller, 'markDelivered', [terms]),
    freeze: (terms) => world().act(buyer, 'freeze', [terms]),
  };

  it('A15: keeps seq and bumps through every way that makes a record, so that an old payload stays dead', async () => {
    for (const [way, open] of Object.entries(ways)) {
      const terms = await world().terms();
      const old = await world().settlement(terms, { ...ALL, seq: 0 });
      await bumpToLimit(terms);
      await limited(terms);
      if (way !== 'fund') await world().payVault(terms);
      await open(terms);
      const { seq, bumps, status } = await world().payment(terms);
      expect([seq, bumps], way).to.deep.equal([way === 'settle' ? 8n : 7n, 7n]);
      expect(status, way).to.not.equal(STATUS.none);
      await limited(terms);
      for (const stale of [0, 6]) await world().rejects(world().settle(terms, { ...ALL, seq: stale }), 'WrongSeq');
      await world().rejects(world().act(stranger, 'settle', [terms, old, world().sign(old)]), 'WrongSeq');
      await world().settle(terms, { toSeller: (await world().payment(terms)).remaining, toBuyer: 0n });
      expect((await world().payment(terms)).status, way).to.equal(STATUS.closed);
    }
  });

  it('A15: reverts at the eighth bump, whichever signers and statuses the seven were spread over', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      const terms = await world().terms();
      await world().pay(terms, mode);
      // Spread over statuses: none or funded, then frozen.
      for (let count = 0; count < 4; count += 1) await bump(terms, signers[2]);
      await world().act(buyer, 'freeze', [terms]);
      await bump(terms);
      await bump(terms, signers[1]);
      expect(eventsOf(world(), await bump(terms))).to.deep.equal([['SeqBumped', world().idOf(terms), 7n]]);
      await limited(terms);
      // A settlement is no bump, and gives none back.
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      await limited(terms);
      await world().settle(terms, { toSeller: PRICE - 1n, toBuyer: 0n });
      expect((await world().payment(terms)).seq).to.equal(9n);
    }
  });

  it('A15: reverts given the payment is closed', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, ALL);
      const before = await world().payment(terms);
      for (const by of signers) await world().rejects(bump(terms, by), 'WrongStatus');
      expect(await world().payment(terms)).to.deep.equal(before);
    }
  });
});
