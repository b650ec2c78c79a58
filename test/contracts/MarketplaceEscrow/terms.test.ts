import { expect } from 'chai';
import { concat, dataSlice, id } from 'ethers';
import { badAddresses, YEAR } from '../brokenTerms.ts';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { prepareFundings, type RecordMaker, recordMakers, termsForMakers, withBit } from '../recordMakers.ts';
import { revertData } from '../rejections.ts';
import { settleBatch } from '../signedActs.ts';

const MAX_AMOUNT = 2n ** 96n - 1n;
/** First bit above the type of each word of the terms; milestonesHash and ref use their whole word. */
const FIRST_DIRTY_BIT: readonly (readonly [word: number, bit: number])[] = [
  [0, 160],
  [1, 160],
  [2, 160],
  [3, 96],
  [4, 40],
  [5, 40],
  [6, 32],
  [7, 16],
  [8, 16],
  [10, 160],
];

/** A field read as its type reverts without data; the milestones are summed up before the terms are looked at. */
const DIRTY_REVERTS = ['0x', id('InvalidTerms()').slice(0, 10), id('BadMilestones()').slice(0, 10)];

describe('MarketplaceEscrow terms', () => {
  const world = useEscrowWorld();

  async function tryMaker({ from, data }: RecordMaker): Promise<string> {
    return world().chain.call({ from, to: world().escrow.address, data });
  }

  it('make a record by each of the ten calls when nothing is wrong with them', async () => {
    await prepareFundings(world());
    const terms = await termsForMakers(world());
    await world().payVault(terms);
    const makers = await recordMakers(world(), terms);
    expect(makers).to.have.lengthOf(10);
    for (const maker of makers) {
      const snapshot = await world().chain.snapshot();
      await world().chain.send({ from: maker.from, to: world().escrow.address, data: maker.data });
      expect((await world().payment(terms)).status, maker.method).to.not.equal(STATUS.none);
      await world().chain.restore(snapshot);
    }
  });

  it('A5: make no record by any call when an address is a bad one, so that money can always leave', async () => {
    await prepareFundings(world());
    const base = await termsForMakers(world());
    for (const [rule, changes] of badAddresses(base, world().escrow.address)) {
      for (const maker of await recordMakers(world(), { ...base, ...changes })) {
        await world()
          .rejects(tryMaker(maker), 'InvalidTerms')
          .catch((reason: Error) => expect.fail(`${maker.method}, ${rule}: ${reason.message}`));
      }
    }
  });

  it('A5: fail alone in a report batch', async () => {
    const base = await world().terms();
    for (const [rule, changes] of badAddresses(base, world().escrow.address)) {
      const terms = { ...base, ...changes };
      const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n });
      const [event] = world().events(await settleBatch(world(), 'settleBatchReport', [[terms, settle]]));
      expect([event?.name, event?.args.reason], rule).to.deep.equal(['ItemFailed', id('InvalidTerms()').slice(0, 10)]);
      expect((await world().payment(terms)).status, rule).to.equal(STATUS.none);
    }
  });

  it('S10: make no record by any call when a word has a bit above its type', async () => {
    await prepareFundings(world());
    const terms = await termsForMakers(world());
    const idOf = { data: world().escrow.abi.encodeFunctionData('idOf', [terms]), termsAt: 0 };
    for (const [word, bit] of FIRST_DIRTY_BIT) {
      const dirtyId = await world().chain.call({
        from: roles.stranger.address,
        to: world().escrow.address,
        data: withBit(idOf, word, bit),
      });
      expect(dirtyId).to.not.equal(world().idOf(terms));
      const [vault] = await world().read(world().escrow, 'depositAddress', [dirtyId]);
      await world().mint(vault, PRICE);
      for (const maker of await recordMakers(world(), terms, dirtyId)) {
        const revert = await revertData(tryMaker({ ...maker, data: withBit(maker, word, bit) }));
        expect(DIRTY_REVERTS, `${maker.method}, word ${word}: ${revert}`).to.include(revert);
      }
    }
  });

  it('A33: give two payments that differ only in ref two ids and two vaults, settled apart', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      const first = await world().terms();
      const second = { ...first, ref: id(`another ref, ${mode}`) };
      expect(world().idOf(second)).to.not.equal(world().idOf(first));
      expect(await world().vaultOf(second)).to.not.equal(await world().vaultOf(first));
      await world().pay(first, mode);
      const settle = await world().settlement(first, { toSeller: PRICE, toBuyer: 0n });
      const signatures = world().sign(settle);
      await world().pay(second, mode);
      await world().rejects(world().act(roles.stranger, 'settle', [second, settle, signatures]), 'BadSignature');
      await world().act(roles.stranger, 'settle', [first, settle, signatures]);
      const statuses = [(await world().payment(first)).status, (await world().payment(second)).status];
      expect(statuses).to.deep.equal([STATUS.closed, mode === 'pool' ? STATUS.funded : STATUS.none]);
      // In the pool beside the fee of the first.
      const custodian = mode === 'pool' ? world().escrow.address : await world().vaultOf(second);
      expect(await world().balance(custodian)).to.equal(mode === 'pool' ? PRICE + PRICE / 100n : PRICE);
    }
  });

  it('A14: let buyer and seller leave with the terms of the event alone', async () => {
    for (const exit of ['release', 'refund', 'reclaim'] as const) {
      for (const mode of ['pool', 'vault'] as const) {
        const known = await openedTerms(mode);
        const left = (await world().payment(known)).remaining;
        const receiver = exit === 'release' ? known.seller : known.refundTo;
        const before = await world().balance(receiver);
        if (exit === 'release') await world().settle(known, { toSeller: left, toBuyer: 0n }, [[0x7e, roles.buyer]]);
        if (exit === 'refund') await world().settle(known, { toSeller: 0n, toBuyer: left }, [[0x7f, roles.seller]]);
        if (exit === 'reclaim') {
          await world().chain.setNextTime(known.deliverBy + 1);
          await world().act(roles.stranger, 'reclaim', [known]);
        }
        const paid = exit === 'release' ? (left * 99n) / 100n : left;
        expect((await world().balance(receiver)) - before, `${exit}, ${mode}`).to.equal(paid);
        expect((await world().payment(known)).status).to.equal(STATUS.closed);
      }
    }
  });

  it('A14: let buyer and seller leave from a vault that nobody opened, with the copy that they were given', async () => {
    for (const exit of ['release', 'refund', 'recover'] as const) {
      const copy = JSON.stringify(await world().terms(), (_, value) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      const read = JSON.parse(copy);
      const terms: Terms = { ...read, amount: BigInt(read.amount) };
      await world().payVault(terms);
      const receiver = exit === 'release' ? terms.seller : terms.refundTo;
      const before = await world().balance(receiver);
      if (exit === 'release') await world().settle(terms, { toSeller: PRICE, toBuyer: 0n }, [[0x7e, roles.buyer]]);
      if (exit === 'refund') await world().settle(terms, { toSeller: 0n, toBuyer: PRICE }, [[0x7f, roles.seller]]);
      if (exit === 'recover') await world().act(roles.seller, 'recover', [terms, terms.token]);
      expect((await world().balance(receiver)) - before).to.equal(exit === 'release' ? (PRICE * 99n) / 100n : PRICE);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    }
  });

  it('A6: settle and time out at the largest values of every rule without overflow', async () => {
    for (const exit of ['settle', 'reclaim', 'claim', 'forceResolve'] as const) {
      for (const mode of ['pool', 'vault'] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await largestTerms();
        await openFor(terms, mode, exit);
        await leave(terms, mode, exit);
        expect((await world().payment(terms)).status, `${exit}, ${mode}`).to.equal(STATUS.closed);
        const toSeller = exit === 'reclaim' ? 0n : MAX_AMOUNT;
        const fee = toSeller / 10n;
        expect(await world().balance(terms.seller)).to.equal(toSeller - fee);
        expect(await world().balance(terms.refundTo)).to.equal(MAX_AMOUNT - toSeller);
        await world().chain.restore(snapshot);
      }
    }
  });

  it('A6: settle and time out at the smallest values of every rule', async () => {
    for (const exit of ['settle', 'reclaim', 'claim', 'forceResolve'] as const) {
      for (const mode of ['pool', 'vault'] as const) {
        const snapshot = await world().chain.snapshot();
        const now = await world().chain.now();
        const end = now + 100;
        const smallest = { amount: 1n, fundBy: end, deliverBy: end, inspection: 3_600, feeBps: 0, disputeSellerBps: 0 };
        const terms = await world().terms({ ...smallest, buyer: ZERO_ADDRESS });
        await openFor(terms, mode, exit);
        await leave(terms, mode, exit);
        const toSeller = exit === 'settle' || exit === 'claim' ? 1n : 0n;
        expect(await world().balance(terms.seller), `${exit}, ${mode}`).to.equal(toSeller);
        expect(await world().balance(terms.refundTo)).to.equal(1n - toSeller);
        await world().chain.restore(snapshot);
      }
    }
  });

  /** Terms as somebody reads them from a log, of a payment that is open in the pool or in its vault. */
  async function openedTerms(mode: 'pool' | 'vault'): Promise<Terms> {
    const terms = await world().terms();
    let receipt = mode === 'pool' ? await world().fund(terms) : undefined;
    if (receipt === undefined) {
      await world().payVault(terms);
      receipt = await world().settle(terms, { toSeller: 100n, toBuyer: 0n });
    }
    const log = receipt.logs.find(({ topics }) => topics[0] === world().escrow.abi.getEvent('Funded')?.topicHash);
    // Amount and source stand before the twelve words of the terms.
    const words = dataSlice(log?.data ?? '0x', 64);
    const selector = world().escrow.abi.getFunction('fund')?.selector ?? '0x';
    const [read] = world().escrow.abi.decodeFunctionData('fund', concat([selector, words]));
    return { ...read.toObject(), deliverBy: Number(read.deliverBy) };
  }

  async function largestTerms(): Promise<Terms> {
    const now = await world().chain.now();
    const ends = { fundBy: now + YEAR, deliverBy: now + 2 * YEAR, inspection: 90 * DAY };
    return world().terms({ ...ends, amount: MAX_AMOUNT, feeBps: 1_000, disputeSellerBps: 10_000 });
  }

  async function openFor(terms: Terms, mode: 'pool' | 'vault', exit: string): Promise<void> {
    await world().pay(terms, mode);
    if (exit === 'claim') await world().act(roles.seller, 'markDelivered', [terms]);
    if (exit === 'forceResolve') await world().act(roles.signers[0], 'freeze', [terms]);
  }

  /** By the exit; a vault without a record has `recover` in the place of `reclaim`. */
  async function leave(terms: Terms, mode: 'pool' | 'vault', exit: string): Promise<void> {
    if (exit === 'settle') {
      await world().settle(terms, { toSeller: terms.amount, toBuyer: 0n });
      return;
    }
    await world().chain.setNextTime(terms.deliverBy + YEAR);
    const recovers = exit === 'reclaim' && mode === 'vault';
    await world().act(roles.stranger, recovers ? 'recover' : exit, recovers ? [terms, terms.token] : [terms]);
  }
});
