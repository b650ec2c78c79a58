import { expect } from 'chai';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';

const hostileArtifact = readArtifact('mocks/HostileToken.sol', 'HostileToken');
const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');
const receiverArtifact = readArtifact('mocks/TestReceiver.sol', 'TestReceiver');
const FEE = PRICE / 100n;
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

    it('charges the same fee however a release is split', async () => {
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

    it('pays one unit although the fee takes nothing', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      expect(await world().balance(terms.seller)).to.equal(1n);
    });

    it('closes an amount of one unit', async () => {
      const terms = await world().terms({ amount: 1n });
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
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

    it('reverts when the same payload is sent again', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, { toSeller: 1n, toBuyer: 0n });
      const args = [terms, settle, world().sign(settle)];
      await world().act(roles.stranger, 'settle', args);
      await world().rejects(world().act(roles.stranger, 'settle', args), 'WrongSeq');
    });

    it('lets only the first of two payloads with the same seq land', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const release = await world().settlement(terms, releaseAll);
      const refund = await world().settlement(terms, refundAll);
      await world().act(roles.stranger, 'settle', [terms, refund, world().sign(refund)]);
      await world().rejects(world().act(roles.stranger, 'settle', [terms, release, world().sign(release)]), 'WrongSeq');
      expect(await world().balance(terms.seller)).to.equal(0n);
    });

    it('reverts when the seq is behind or ahead', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      for (const seq of [0, 2]) {
        await world().rejects(world().settle(terms, { toSeller: 1n, toBuyer: 0n, seq }), 'WrongSeq');
      }
    });

    it('reverts given the payment is closed', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, releaseAll);
      await world().payVault(terms);
      await world().rejects(world().settle(terms, releaseAll), 'WrongStatus');
    });

    it('reverts when the payload was signed for another payment', async () => {
      const terms = await world().terms();
      const other = await world().terms();
      await world().pay(terms, mode);
      await world().pay(other, mode);
      const settle = await world().settlement(other, releaseAll);
      await world().rejects(
        world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]),
        'BadSignature',
      );
    });

    it('reverts when the payload was signed for another chain', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, releaseAll);
      const signatures = world().sign(settle, undefined, 56n);
      await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, signatures]), 'BadSignature');
    });

    it('reverts when the payload was signed for another escrow', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, releaseAll);
      const here = world().escrow;
      world().escrow = await world().deployEscrow();
      const signatures = world().sign(settle);
      world().escrow = here;
      await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, signatures]), 'BadSignature');
    });

    it('accepts the first and the last valid second', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const now = (await world().chain.now()) + 10;
      for (const [seq, validUntil] of [now, now + 1 + 30 * DAY].entries()) {
        const settle = await world().settlement(terms, { toSeller: 1n, toBuyer: 0n, validUntil });
        await world().chain.setNextTime(now + seq);
        await world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]);
      }
      expect((await world().payment(terms)).seq).to.equal(2n);
    });

    it('reverts when expired, zero or too far ahead', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const now = (await world().chain.now()) + 10;
      for (const [index, offset] of [-1, 30 * DAY + 1, -now].entries()) {
        const settle = await world().settlement(terms, {
          ...releaseAll,
          validUntil: Math.max(0, now + index + offset),
        });
        await world().chain.setNextTime(now + index);
        await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]), 'Expired');
      }
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

    it('reverts when the buyer alone keeps anything or leaves a rest', async () => {
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

    it('reverts when the seller alone takes anything or leaves a rest', async () => {
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

    it('reverts unless the settlement closes the payment', async () => {
      const terms = await world().terms({ milestonesHash: `0x${'11'.repeat(32)}` });
      await world().pay(terms, mode);
      await world().rejects(world().settle(terms, { toSeller: 1n, toBuyer: 0n }), 'BadMilestones');
      await world().settle(terms, { toSeller: 1n, toBuyer: PRICE - 1n });
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });

    it('credits the share when the token refuses the transfer', async () => {
      world().token = await world().deploy(usdtArtifact);
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().send(world().token, roles.deployer, 'setPaused', [true]);
      const events = world().events(await world().settle(terms, releaseAll));
      expect(events.map((event) => event.name)).to.deep.equal(['Credited', 'Settled']);
      await world().send(world().token, roles.deployer, 'setPaused', [false]);
      if (mode === 'pool') await world().act(roles.stranger, 'withdrawCredit', [terms.seller, terms.token]);
      else await world().act(roles.stranger, 'payVaultCredit', [terms]);
      // A fee that no route takes is waived.
      expect(await world().balance(terms.seller, terms.token)).to.equal(mode === 'pool' ? PRICE - FEE : PRICE);
    });

    it('reverts when the token moves and returns false or too little', async () => {
      const hostile = await world().deploy(hostileArtifact);
      const terms = await world().terms({ token: hostile.address });
      await world().mint(mode === 'pool' ? roles.buyer.address : await world().vaultOf(terms), PRICE, hostile);
      if (mode === 'pool') await world().act(roles.buyer, 'fund', [terms]);
      // Modes: false after moving, 31 bytes after moving.
      for (const hostility of [2, 3]) {
        await world().send(hostile, roles.deployer, 'setMode', [hostility]);
        await world().rejects(world().settle(terms, releaseAll), 'NotCovered');
      }
      // False without moving.
      await world().send(hostile, roles.deployer, 'setMode', [1]);
      const events = world().events(await world().settle(terms, releaseAll));
      expect(events[0]?.name).to.equal('Credited');
    });

    it('takes a token that returns more than a word', async () => {
      const hostile = await world().deploy(hostileArtifact);
      const terms = await world().terms({ token: hostile.address });
      await world().mint(mode === 'pool' ? roles.buyer.address : await world().vaultOf(terms), PRICE, hostile);
      if (mode === 'pool') await world().act(roles.buyer, 'fund', [terms]);
      await world().send(hostile, roles.deployer, 'setMode', [4]);
      await world().settle(terms, releaseAll);
      expect(await world().balance(terms.seller, hostile.address)).to.equal(PRICE - FEE);
    });

    it('credits the share when a receiver refuses native coin', async () => {
      const receiver = await world().deploy(receiverArtifact);
      await world().send(receiver, roles.stranger, 'setRefuses', [true]);
      const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address });
      await world().pay(terms, mode);
      const [credited] = world().events(await world().settle(terms, releaseAll));
      expect(credited?.args.toArray().slice(1)).to.deep.equal([
        receiver.address,
        ZERO_ADDRESS,
        PRICE - FEE,
        mode === 'vault',
      ]);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });
  });
}
