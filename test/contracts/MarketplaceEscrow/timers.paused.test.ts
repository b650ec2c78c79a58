import { expect } from 'chai';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, paid, pause } from '../lifeStages.ts';
import { moneyOf } from '../payouts.ts';
import { reportedOf } from '../reported.ts';

const { buyer, seller, signers, stranger, guardian } = roles;
const WEEK = 7 * DAY;
const HALF = PRICE / 2n;
const RELEASE = { toSeller: PRICE, toBuyer: 0n };
const BOTH: Item[] = [
  [TAG.buyer, buyer],
  [TAG.seller, seller],
];

describe('MarketplaceEscrow, paused through a deadline of new money', () => {
  const world = useEscrowWorld();

  it('T4: gives no time back for a pause through fundBy: refused as paused, then as too late', async () => {
    const terms = await world().terms({ fundBy: (await world().chain.now()) + DAY });
    const until = await pause(world());
    for (const second of [terms.fundBy, terms.fundBy + 1, until]) {
      await world().chain.setNextTime(second);
      await world().rejects(world().act(buyer, 'fund', [terms]), 'Paused');
    }
    await world().chain.setNextTime(until + 1);
    await world().rejects(world().act(buyer, 'fund', [terms]), 'TooLate');
    // The vault's address takes the money all the while, and opens by the mark.
    await world().payVault(terms);
    await world().act(seller, 'markDelivered', [terms]);
    expect((await world().payment(terms)).remaining).to.equal(PRICE);
  });

  it('T4: lets money in after a pause that ends before fundBy', async () => {
    const until = await pause(world());
    const terms = await world().terms({ token: ZERO_ADDRESS, fundBy: until + 1 });
    await world().chain.setNextTime(until);
    await world().rejects(world().fund(terms), 'Paused');
    await world().chain.setNextTime(until + 1);
    await world().fund(terms);
    expect(await moneyOf(world(), terms)).to.include({ status: STATUS.funded, owed: PRICE });
  });

  it('T4: gives no time back for a pause through deliverBy: no sweep, but the recovery of everything', async () => {
    const terms = await paid(world(), 'vault', { deliverBy: (await world().chain.now()) + 2 * DAY });
    const until = await pause(world());
    await world().chain.setNextTime(terms.deliverBy);
    await world().rejects(world().act(seller, 'sweep', [terms]), 'Paused');
    const snapshot = await world().chain.snapshot();
    await world().chain.setNextTime(until + 1);
    await world().rejects(world().act(seller, 'sweep', [terms]), 'TooLate');
    await world().chain.restore(snapshot);
    await world().chain.setNextTime(terms.deliverBy + 1);
    const receipt = await world().act(stranger, 'recover', [terms, terms.token]);
    expect(reportedOf(world(), receipt)).to.deep.equal([['Recovered', terms.token, terms.refundTo, PRICE, true]]);
  });
});

for (const mode of MODES) {
  describe(`MarketplaceEscrow, paused through a deadline, ${mode} mode`, () => {
    const world = useEscrowWorld();

    /** Pauses so that the pause runs in a given second, which must lie at least a day ahead. */
    async function pauseOver(second: number): Promise<number> {
      await world().chain.setNextTime(second - DAY);
      const until = await pause(world());
      expect(until).to.be.greaterThan(second);
      return until;
    }

    it('T4: lets the seller mark until deliverBy, and anybody reclaim a second later, while paused', async () => {
      const [marks, silent] = [await funded(world(), mode), await funded(world(), mode)];
      await pauseOver(silent.deliverBy);
      await world().chain.setNextTime(marks.deliverBy);
      await world().act(seller, 'markDelivered', [marks]);
      await world().chain.setNextTime(silent.deliverBy + 1);
      await world().rejects(world().act(seller, 'markDelivered', [silent]), 'TooLate');
      const { remaining } = await world().payment(silent);
      const receipt = await world().act(stranger, 'reclaim', [silent]);
      expect(reportedOf(world(), receipt)).to.deep.equal([['Settled', 1n, 0n, remaining, 0n]]);
      expect(await moneyOf(world(), silent)).to.include({ refundTo: remaining, status: STATUS.closed });
    });

    it('T4: lets a freeze stop a claim until the inspection ends, and the claim follow, while paused', async () => {
      const [first, second] = [await delivered(world(), mode), await delivered(world(), mode)];
      const end = first.clock + first.terms.inspection;
      await pauseOver(end);
      await world().rejects(world().settle(first.terms, { toSeller: 0n, toBuyer: PRICE }), 'Paused');
      await world().chain.setNextTime(end);
      await world().act(signers[0], 'freeze', [first.terms]);
      await world().chain.setNextTime(second.clock + second.terms.inspection + 1);
      await world().rejects(world().act(buyer, 'freeze', [second.terms]), 'TooLate');
      const receipt = await world().act(stranger, 'claim', [second.terms]);
      expect(reportedOf(world(), receipt)).to.deep.equal([['Settled', 0n, PRICE, 0n, PRICE / 100n]]);
      expect((await world().payment(first.terms)).status).to.equal(STATUS.frozen);
    });

    it('T4: resolves an abandoned dispute in the second after its timeout although it is paused', async () => {
      const { terms, clock } = await frozen(world(), mode);
      const end = clock + 45 * DAY;
      const until = await pauseOver(end);
      await world().rejects(world().settle(terms, RELEASE), 'Paused');
      await world().chain.setNextTime(end);
      await world().rejects(world().act(stranger, 'forceResolve', [terms]), 'TooEarly');
      await world().chain.setNextTime(end + 1);
      const receipt = await world().act(stranger, 'forceResolve', [terms]);
      expect((await world().chain.now()) < until).to.equal(true);
      expect(reportedOf(world(), receipt)).to.deep.equal([['Settled', 0n, HALF, HALF, HALF / 100n]]);
      expect(await moneyOf(world(), terms)).to.include({
        seller: HALF - HALF / 100n,
        refundTo: HALF,
        status: STATUS.closed,
        vault: 0n,
      });
    });

    it('T4: lengthens no dispute: pauses as often as the guardian may leave its end where it was', async () => {
      const { terms, clock } = await frozen(world(), mode);
      const end = clock + 45 * DAY;
      let pauses = 0;
      for (let at = clock + DAY; at < end; at += 2 * WEEK + 1) {
        await world().chain.setNextTime(at);
        await world().act(guardian, 'pause', []);
        pauses += 1;
        expect((await world().payment(terms)).clock).to.equal(BigInt(clock));
      }
      expect(pauses).to.equal(4);
      await world().chain.setNextTime(end + 1);
      await world().act(stranger, 'forceResolve', [terms]);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });

    it('T4: lets a payload of the admins expire in a pause, and one of the parties land in it', async () => {
      const [admins, parties] = [await paid(world(), mode), await paid(world(), mode)];
      const until = (await world().chain.now()) + DAY + WEEK;
      const message = await world().settlement(admins, { ...RELEASE, validUntil: until });
      const dying = [admins, message, world().sign(message)];
      await pauseOver(until - 60);
      await world().chain.setNextTime(until);
      await world().rejects(world().act(stranger, 'settle', dying), 'Paused');
      await world().settle(parties, { toSeller: HALF, toBuyer: HALF }, BOTH);
      const { pausedUntil } = await world().read(world().escrow, 'config');
      await world().chain.setNextTime(Number(pausedUntil) + 1);
      await world().rejects(world().act(stranger, 'settle', dying), 'Expired');
      expect(await moneyOf(world(), admins)).to.include({ seller: HALF - HALF / 100n, refundTo: HALF });
    });
  });
}
