import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';
import {
  answer,
  creditedOf,
  eventNames,
  MODES,
  type Mode,
  moneyOf,
  PICKY,
  ripen,
  SPLIT,
  SPLIT_FEE,
  SPLIT_NET,
  UNIT,
  usePicky,
} from '../payouts.ts';

const FEE = PRICE / 100n;
// What the second receiver gets is enough to cover the first share once more.
const SMALL_FIRST = { toSeller: 40n * UNIT, toBuyer: 60n * UNIT };

describe('MarketplaceEscrow pushes of a token that says false', () => {
  const world = useEscrowWorld();

  /** A payment of a mode in a token that answers each receiver in its own way; another payment is in the pool beside it. */
  async function paid(mode: Mode, changes: Partial<Terms> = {}): Promise<Terms> {
    await usePicky(world());
    await world().fund(await world().terms());
    const terms = await world().terms(changes);
    await world().pay(terms, mode);
    return terms;
  }

  it('A9: reverts when a share moved although the token says false, because a credit would pay it twice', async () => {
    for (const mode of MODES) {
      for (const receiver of ['seller', 'refundTo'] as const) {
        const terms = await paid(mode);
        await answer(world(), terms[receiver], PICKY.falseMoved);
        const before = await moneyOf(world(), terms);
        await world().rejects(world().settle(terms, SPLIT), 'NotCovered');
        expect(await moneyOf(world(), terms), `${mode} ${receiver}`).to.deep.equal(before);
      }
    }
  });

  it('A9: credits a share that the token refuses by false without moving it', async () => {
    for (const mode of MODES) {
      const terms = await paid(mode);
      const inVault = mode === 'vault';
      for (const receiver of [terms.seller, terms.refundTo]) await answer(world(), receiver, PICKY.falseUnmoved);
      const receipt = await world().settle(terms, SPLIT);
      expect(creditedOf(world(), receipt), mode).to.deep.equal([
        [terms.seller, terms.token, SPLIT_NET, inVault],
        [terms.refundTo, terms.token, SPLIT.toBuyer, inVault],
      ]);
      expect((await moneyOf(world(), terms)).status, mode).to.equal(STATUS.closed);
    }
  });

  it('A9: holds a timer to the same rule', async () => {
    for (const mode of MODES) {
      const terms = await paid(mode);
      // From a vault only an open record can be reclaimed.
      await world().settle(terms, { toSeller: 0n, toBuyer: UNIT });
      await ripen(world(), terms, 'reclaim');
      await answer(world(), terms.refundTo, PICKY.falseMoved);
      await world().rejects(world().act(roles.stranger, 'reclaim', [terms]), 'NotCovered');
      await answer(world(), terms.refundTo, PICKY.falseUnmoved);
      const receipt = await world().act(roles.stranger, 'reclaim', [terms]);
      expect(eventNames(world(), receipt), mode).to.deep.equal(['Credited', 'Settled']);
    }
  });

  it('A9: takes the next route for a fee that a vault could not push, and reverts when it moved all the same', async () => {
    const terms = await paid('vault');
    const { treasury } = roles;
    const steps = [
      { treasury: PICKY.falseMoved, escrow: PICKY.honest, error: 'NotCovered' },
      { treasury: PICKY.falseUnmoved, escrow: PICKY.falseMoved, error: 'NotCovered' },
    ];
    for (const step of steps) {
      await answer(world(), treasury.address, step.treasury);
      await answer(world(), world().escrow.address, step.escrow);
      await world().rejects(world().settle(terms, SPLIT), step.error);
    }
    await answer(world(), world().escrow.address, PICKY.honest);
    await world().settle(terms, SPLIT);
    // The pool holds the other payment too.
    expect(await moneyOf(world(), terms)).to.include({
      fees: SPLIT_FEE,
      owed: PRICE + SPLIT_FEE,
      escrow: PRICE + SPLIT_FEE,
      seller: SPLIT_NET,
      treasury: 0n,
    });
  });

  it('A9: books no fee that the token denies to have brought into the pool: the seller got it, and what came is nobody’s', async () => {
    const terms = await paid('vault');
    // More than the vault owes, so that the missing fee leaves it covered.
    await world().payVault(terms, FEE);
    await answer(world(), roles.treasury.address, PICKY.falseUnmoved);
    await answer(world(), world().escrow.address, PICKY.falseMoved);
    await world().settle(terms, SPLIT);
    expect(await moneyOf(world(), terms)).to.include({
      fees: 0n,
      owed: PRICE,
      escrow: PRICE + SPLIT_FEE,
      seller: SPLIT.toSeller,
    });
  });

  it('A9: never takes false for a payment where there is no credit to fall back on', async () => {
    for (const lie of [PICKY.falseMoved, PICKY.falseUnmoved]) {
      const terms = await paid('pool');
      await answer(world(), terms.refundTo, PICKY.refuses);
      await world().settle(terms, SPLIT);
      await answer(world(), terms.refundTo, lie);
      await answer(world(), roles.treasury.address, lie);
      const before = await moneyOf(world(), terms);
      const credit = world().act(roles.stranger, 'withdrawCredit', [terms.refundTo, terms.token]);
      await world().rejects(credit, 'PushFailed');
      await world().rejects(world().act(roles.stranger, 'withdrawFees', [terms.token]), 'PushFailed');
      expect(await moneyOf(world(), terms)).to.deep.equal(before);
    }
  });

  it('A9: leaves a share in its vault when the token refuses it again by false, and reverts when it moved', async () => {
    const terms = await paid('vault', { feeBps: 0 });
    for (const receiver of [terms.seller, terms.refundTo]) await answer(world(), receiver, PICKY.refuses);
    await world().settle(terms, SPLIT);
    await answer(world(), terms.seller, PICKY.falseMoved);
    await answer(world(), terms.refundTo, PICKY.honest);
    await world().rejects(world().act(roles.stranger, 'payVaultCredit', [terms]), 'NotCovered');
    await answer(world(), terms.seller, PICKY.falseUnmoved);
    await world().act(roles.stranger, 'payVaultCredit', [terms]);
    expect(await moneyOf(world(), terms)).to.include({
      seller: 0n,
      sellerShare: SPLIT.toSeller,
      refundTo: SPLIT.toBuyer,
      refundToShare: 0n,
      vault: SPLIT.toSeller,
    });
  });

  it('A9: counts nothing as paid by a token that has lost its code, although its calls succeed', async () => {
    const terms = await paid('pool');
    await answer(world(), terms.refundTo, PICKY.refuses);
    await world().settle(terms, SPLIT);
    const { abi } = world().token;
    await world().chain.setCode(terms.token, '0x');
    const credit = world().act(roles.stranger, 'withdrawCredit', [terms.refundTo, terms.token]);
    await world().rejects(credit, 'PushFailed');
    await world().chain.setCode(terms.token, readArtifact('mocks/PickyToken.sol', 'PickyToken').deployedBytecode);
    await world().send({ address: terms.token, abi }, roles.deployer, 'setAnswer', [terms.refundTo, PICKY.honest]);
    await world().act(roles.stranger, 'withdrawCredit', [terms.refundTo, terms.token]);
    expect((await moneyOf(world(), terms)).refundTo).to.equal(SPLIT.toBuyer);
  });

  it('P12: sees that the first share moved with false although what is left covers it once more', async () => {
    for (const mode of MODES) {
      const terms = await paid(mode, { feeBps: 0 });
      // The other payment in the pool is as large as this one: it is owed, so it covers nothing.
      await answer(world(), terms.seller, PICKY.falseMoved);
      const before = await moneyOf(world(), terms);
      await world().rejects(world().settle(terms, SMALL_FIRST), 'NotCovered');
      expect(await moneyOf(world(), terms), mode).to.deep.equal(before);
    }
  });

  it('P12: sees it in the split of an abandoned dispute', async () => {
    for (const mode of MODES) {
      const terms = await paid(mode, { feeBps: 0, disputeSellerBps: 4_000 });
      await ripen(world(), terms, 'forceResolve');
      await answer(world(), terms.seller, PICKY.falseMoved);
      await world().rejects(world().act(roles.stranger, 'forceResolve', [terms]), 'NotCovered');
      await answer(world(), terms.seller, PICKY.honest);
      await world().act(roles.stranger, 'forceResolve', [terms]);
      expect((await moneyOf(world(), terms)).seller, mode).to.equal(SMALL_FIRST.toSeller);
    }
  });

  it('P12: sees that the fee of a vault moved with false although two shares are behind it', async () => {
    const terms = await paid('vault');
    await answer(world(), roles.treasury.address, PICKY.falseMoved);
    await world().rejects(world().settle(terms, SMALL_FIRST), 'NotCovered');
  });

  it('P12: sees it while more than the share remains in the payment', async () => {
    for (const mode of MODES) {
      const terms = await paid(mode);
      await answer(world(), terms.seller, PICKY.falseMoved);
      await world().rejects(world().settle(terms, { toSeller: UNIT, toBuyer: UNIT }), 'NotCovered');
      await answer(world(), terms.seller, PICKY.honest);
      await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
      expect((await moneyOf(world(), terms)).seller, mode).to.equal(PRICE - FEE);
    }
  });
});
