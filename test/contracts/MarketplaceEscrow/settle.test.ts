import { expect } from 'chai';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';

const FEE = PRICE / 100n;
const LARGEST = 2n ** 96n - 1n;
const buyer: Item = [TAG.buyer, roles.buyer];
const seller: Item = [TAG.seller, roles.seller];
const releaseAll = { toSeller: PRICE, toBuyer: 0n };
const refundAll = { toSeller: 0n, toBuyer: PRICE };

for (const mode of ['pool', 'vault'] as const) {
  describe(`MarketplaceEscrow.settle, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('pays the seller less the fee and closes', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const events = world().events(await world().settle(terms, releaseAll));
      expect(events.map((event) => event.name)).to.deep.equal(['Settled']);
      expect(events[0]?.args.toArray()).to.deep.equal([world().idOf(terms), 0n, PRICE, 0n, FEE]);
      expect(await world().balance(terms.seller)).to.equal(PRICE - FEE);
      const { remaining, released, seq, status, inVault } = await world().payment(terms);
      expect([remaining, released, seq, status]).to.deep.equal([0n, PRICE, 1n, STATUS.closed]);
      expect(inVault).to.equal(mode === 'vault');
    });

    it('pays refundTo without a fee and closes', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const [event] = world().events(await world().settle(terms, refundAll));
      expect(event?.args.fee).to.equal(0n);
      expect(await world().balance(terms.refundTo)).to.equal(PRICE);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
      expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
    });

    it('splits and leaves the rest open', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 300n, toBuyer: 50n });
      const { remaining, released, seq, status } = await world().payment(terms);
      expect([remaining, released, seq, status]).to.deep.equal([PRICE - 350n, 300n, 1n, STATUS.funded]);
      expect(await world().balance(terms.seller)).to.equal(297n);
      expect(await world().balance(terms.refundTo)).to.equal(50n);
    });

    it('P7: charges the same fee however a release is split', async () => {
      const terms = await world().terms({ amount: 1_000n, feeBps: 333 });
      await world().pay(terms, mode);
      // floor(1,000 × 3.33 %) = 33, while the parts alone would round to 0 most of the time.
      const parts = [1n, 29n, 1n, 30n, 139n, 7n, 293n, 1n, 499n];
      let fees = 0n;
      for (const part of parts) {
        const settled = world()
          .events(await world().settle(terms, { toSeller: part, toBuyer: 0n }))
          .at(-1);
        fees += settled?.args.fee;
      }
      expect(fees).to.equal(33n);
      expect(await world().balance(terms.seller)).to.equal(967n);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });

    it('P6: pays one unit although the fee takes nothing', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      expect(await world().balance(terms.seller)).to.equal(1n);
    });

    it('P6: closes an amount of one unit', async () => {
      const terms = await world().terms({ amount: 1n });
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });

    it('P6: pays the largest amount of 96 bits to the last unit', async () => {
      const terms = await world().terms({ amount: LARGEST, feeBps: 1_000 });
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: LARGEST - 1n, toBuyer: 0n });
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      const fee = LARGEST / 10n;
      expect(await world().balance(terms.seller)).to.equal(LARGEST - fee);
      const { remaining, released, status } = await world().payment(terms);
      expect([remaining, released, status]).to.deep.equal([0n, LARGEST, STATUS.closed]);
      const feeHolder = mode === 'pool' ? world().escrow.address : roles.treasury.address;
      expect(await world().balance(feeHolder)).to.equal(fee);
    });

    it('P8: splits odd units so that nothing is burnt', async () => {
      const terms = await world().terms({ amount: 1_001n, feeBps: 333 });
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 333n, toBuyer: 334n });
      await world().settle(terms, { toSeller: 1n, toBuyer: 333n });
      // floor(334 × 3.33 %) = 11; the seller bears the fraction that the floor leaves him.
      const feeHolder = mode === 'pool' ? world().escrow.address : roles.treasury.address;
      expect(await world().balance(terms.seller)).to.equal(323n);
      expect(await world().balance(terms.refundTo)).to.equal(667n);
      expect(await world().balance(feeHolder)).to.equal(11n);
      expect(await world().balance(await world().vaultOf(terms))).to.equal(0n);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });

    it('pays in native coin', async () => {
      const terms = await world().terms({ token: ZERO_ADDRESS });
      await world().pay(terms, mode);
      const before = await world().chain.balanceAt(terms.seller);
      const refundBefore = await world().chain.balanceAt(terms.refundTo);
      await world().settle(terms, { toSeller: PRICE - 7n, toBuyer: 7n });
      expect((await world().chain.balanceAt(terms.seller)) - before).to.equal(((PRICE - 7n) * 99n) / 100n + 1n);
      expect((await world().chain.balanceAt(terms.refundTo)) - refundBefore).to.equal(7n);
    });

    it('reverts when nothing is paid', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().rejects(world().settle(terms, { toSeller: 0n, toBuyer: 0n }), 'WrongAmount');
    });

    it('reverts when more is paid than remains', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const largest = 2n ** 96n - 1n;
      for (const split of [
        { toSeller: PRICE, toBuyer: 1n },
        { toSeller: 0n, toBuyer: PRICE + 1n },
        { toSeller: largest, toBuyer: largest },
      ]) {
        await world().rejects(world().settle(terms, split), 'WrongAmount');
      }
    });

    it('lets the buyer alone release everything', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, releaseAll, [buyer]);
      expect(await world().balance(terms.seller)).to.equal(PRICE - FEE);
    });

    it('lets the seller alone refund everything', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, refundAll, [seller]);
      expect(await world().balance(terms.refundTo)).to.equal(PRICE);
    });

    it('lets buyer and seller together split', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 5n, toBuyer: 6n }, [buyer, seller]);
      expect((await world().payment(terms)).remaining).to.equal(PRICE - 11n);
    });

    it('A1: reverts when the buyer alone keeps anything or leaves a rest', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      for (const split of [
        { toSeller: 1n, toBuyer: 0n },
        { toSeller: PRICE - 1n, toBuyer: 0n },
        { toSeller: PRICE - 1n, toBuyer: 1n },
        refundAll,
      ]) {
        await world().rejects(world().settle(terms, split, [buyer]), 'NotAllowed');
      }
    });

    it('A1: reverts when the seller alone takes anything or leaves a rest', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      for (const split of [
        { toSeller: 0n, toBuyer: 1n },
        { toSeller: 0n, toBuyer: PRICE - 1n },
        { toSeller: 1n, toBuyer: PRICE - 1n },
        releaseAll,
      ]) {
        await world().rejects(world().settle(terms, split, [seller]), 'NotAllowed');
      }
    });

    it('A1: lets no attempt of one party spend the seq before a payload of the admins', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const prepared = await world().settlement(terms, { toSeller: 1n, toBuyer: 2n });
      for (const party of [buyer, seller]) {
        await world().rejects(world().settle(terms, { toSeller: 0n, toBuyer: 0n }, [party]), 'WrongAmount');
        await world().rejects(world().settle(terms, { toSeller: 1n, toBuyer: 1n }, [party]), 'NotAllowed');
      }
      expect((await world().payment(terms)).seq).to.equal(0n);
      await world().act(roles.stranger, 'settle', [terms, prepared, world().sign(prepared)]);
      expect((await world().payment(terms)).remaining).to.equal(PRICE - 3n);
    });

    it('A1: closes the payment by whatever one party alone can sign, also after a part was paid', async () => {
      for (const [split, party] of [
        [{ toSeller: PRICE - 3n, toBuyer: 0n }, buyer],
        [{ toSeller: 0n, toBuyer: PRICE - 3n }, seller],
      ] as const) {
        const terms = await world().terms();
        await world().pay(terms, mode);
        await world().settle(terms, { toSeller: 1n, toBuyer: 2n });
        await world().settle(terms, split, [party]);
        expect((await world().payment(terms)).status).to.equal(STATUS.closed);
      }
    });

    it('lets the parties settle while the guardian pauses the admins', async () => {
      await world().act(roles.guardian, 'pause', []);
      for (const [split, items] of [
        [releaseAll, [buyer]],
        [refundAll, [seller]],
        [{ toSeller: 1n, toBuyer: 2n }, [buyer, seller]],
      ] as const) {
        // The pause stops new money in the pool too, so there the payment is older.
        const terms = await world().terms();
        if (mode === 'pool') await world().act(roles.guardian, 'unpause', []);
        await world().pay(terms, mode);
        if (mode === 'pool') {
          await world().chain.setNextTime((await world().chain.now()) + 7 * DAY + 1);
          await world().act(roles.guardian, 'pause', []);
        }
        await world().rejects(world().settle(terms, split), 'Paused');
        await world().settle(terms, split, items);
        expect((await world().payment(terms)).seq).to.equal(1n);
      }
    });

    it('settles a frozen payment in every authority and leaves it frozen if anything remains', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().act(roles.buyer, 'freeze', [terms]);
      const { clock } = await world().payment(terms);
      await world().settle(terms, { toSeller: 1n, toBuyer: 1n });
      await world().settle(terms, { toSeller: 1n, toBuyer: 1n }, [buyer, seller]);
      const left = await world().payment(terms);
      expect([left.status, left.clock, left.seq]).to.deep.equal([STATUS.frozen, clock, 2n]);
      await world().settle(terms, { toSeller: PRICE - 4n, toBuyer: 0n }, [buyer]);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });
  });
}
