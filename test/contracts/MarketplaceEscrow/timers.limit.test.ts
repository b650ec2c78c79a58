import { expect } from 'chai';
import { DAY, PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { MODES, type Mode } from '../lifeStages.ts';
import { moneyOf } from '../payouts.ts';
import { reportedOf } from '../reported.ts';

const { buyer, seller, signers, stranger } = roles;
/** The last second that 40 bits hold. */
const END = 2 ** 40 - 1;
const YEAR = 366 * DAY;
const HALF = PRICE / 2n;

describe('MarketplaceEscrow, times of today at the limit of their type', () => {
  const world = useEscrowWorld();

  it('T5: reverts for terms whose times are the largest of their types, instead of wrapping to valid ones', async () => {
    for (const changes of [
      { fundBy: END },
      { deliverBy: END },
      { fundBy: END, deliverBy: END },
      { inspection: 2 ** 32 - 1 },
      { fundBy: END, deliverBy: 0 },
      // The difference would be valid if it wrapped.
      { fundBy: END, deliverBy: END - 1 },
    ]) {
      const terms = await world().terms(changes);
      await world().payVault(terms);
      await world().rejects(world().act(seller, 'sweep', [terms]), 'InvalidTerms');
      await world().rejects(world().settle(terms, { toSeller: PRICE, toBuyer: 0n }), 'InvalidTerms');
      await world().act(stranger, 'recover', [terms, terms.token]);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    }
  });

  it('T5: reverts for a message that is valid until the last second of the type, because it sleeps', async () => {
    for (const mode of MODES) {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().rejects(world().settle(terms, { toSeller: PRICE, toBuyer: 0n, validUntil: END }), 'Expired');
    }
  });
});

for (const mode of MODES) {
  describe(`MarketplaceEscrow, a clock near the limit of 40 bits, ${mode} mode`, () => {
    const world = useEscrowWorld();

    /** A paid payment in the last days of the type, its deadlines in its last second. */
    async function lastPayment(custody: Mode) {
      await world().chain.setNextTime(END - 2 * DAY);
      const terms = { ...(await world().terms()), fundBy: END, deliverBy: END, inspection: 90 * DAY };
      await world().pay(terms, custody);
      return terms;
    }

    it('T5: funds, settles and expires as ever in the last days', async () => {
      const terms = await lastPayment(mode);
      await world().settle(terms, { toSeller: HALF, toBuyer: 0n, validUntil: END });
      await world().chain.setNextTime(END);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n, validUntil: END });
      const { remaining, released, clock } = await world().payment(terms);
      expect([remaining, released, clock]).to.deep.equal([HALF - 1n, HALF + 1n, 0n]);
    });

    it('T5: ends an inspection that begins in the last second of the type 90 days after it', async () => {
      const terms = await lastPayment(mode);
      await world().chain.setNextTime(END);
      await world().act(seller, 'markDelivered', [terms]);
      const { remaining, released, clock } = await world().payment(terms);
      expect([remaining, released, clock]).to.deep.equal([PRICE, 0n, BigInt(END)]);
      await world().chain.setNextTime(END + terms.inspection);
      await world().rejects(world().act(stranger, 'claim', [terms]), 'TooEarly');
      await world().chain.setNextTime(END + terms.inspection + 1);
      const [settled] = reportedOf(world(), await world().act(stranger, 'claim', [terms]));
      expect(settled).to.deep.equal(['Settled', 0n, PRICE, 0n, PRICE / 100n]);
      expect(await moneyOf(world(), terms)).to.include({ seller: (PRICE * 99n) / 100n, status: STATUS.closed });
    });

    it('T5: ends a dispute that begins in the last second of the type after its longest timeout', async () => {
      world().escrow = await world().deployEscrow({ disputeTimeout: YEAR });
      const terms = await lastPayment(mode);
      await world().chain.setNextTime(END);
      await world().act(buyer, 'freeze', [terms]);
      await world().chain.setNextTime(END + YEAR);
      await world().rejects(world().act(stranger, 'forceResolve', [terms]), 'TooEarly');
      await world().chain.setNextTime(END + YEAR + 1);
      const [settled] = reportedOf(world(), await world().act(stranger, 'forceResolve', [terms]));
      expect(settled).to.deep.equal(['Settled', 0n, HALF, HALF, HALF / 100n]);
      expect(await moneyOf(world(), terms)).to.include({ refundTo: HALF, status: STATUS.closed, vault: 0n });
    });

    it('T5: reclaims in the second after the last one of the type', async () => {
      const terms = await lastPayment(mode);
      await world().settle(terms, { toSeller: 0n, toBuyer: 1n, validUntil: END });
      await world().chain.setNextTime(END);
      await world().rejects(world().act(stranger, 'reclaim', [terms]), 'TooEarly');
      await world().chain.setNextTime(END + 1);
      await world().act(stranger, 'reclaim', [terms]);
      expect(await moneyOf(world(), terms)).to.include({ refundTo: PRICE, status: STATUS.closed, vault: 0n });
    });

    it('T5: keeps clock, seq and flags apart when the clock has all 40 bits', async () => {
      const terms = await lastPayment(mode);
      await world().act(signers[0], 'bumpSeq', [world().idOf(terms)]);
      await world().chain.setNextTime(END);
      await world().act(buyer, 'freeze', [terms]);
      const { remaining, released, clock, seq, status, inVault, bumps } = await world().payment(terms);
      expect([remaining, released, clock, seq, status, bumps]).to.deep.equal([
        PRICE,
        0n,
        BigInt(END),
        1n,
        STATUS.frozen,
        1n,
      ]);
      expect(inVault).to.equal(mode === 'vault');
    });
  });
}
