import { expect } from 'chai';
import { type TransactionReceipt, toBeHex } from 'ethers';
import type { EscrowEvent } from '../../../server/domain/evidence.ts';
import type { Terms } from '../../../server/domain/terms.ts';
import { escrowTopics } from '../../../server/providers/chain/escrowContract.ts';
import { type ChainWorld, erc20, one, openChainWorld } from './chainWorld.ts';
import { type EscrowActs, escrowActs } from './escrowActs.ts';
import { word } from './evmScripts.ts';

const day = 86_400;
const all = 100n * one;
const [net, fee] = [99n * one, one];

describe('the escrow’s events, as the real contract writes them', function () {
  this.timeout(60_000);
  let world: ChainWorld;
  let acts: EscrowActs;

  before(async () => {
    world = await openChainWorld();
    acts = escrowActs(world);
  });
  after(() => world.close());

  const read = ({ blockNumber }: TransactionReceipt) =>
    world.chain.reader.escrowEvents('bsc', blockNumber, blockNumber);
  const names = (events: readonly EscrowEvent[]) => events.map(({ event }) => event);
  const only = async (receipt: TransactionReceipt) => {
    const events = await read(receipt);
    expect(events).to.have.length(1);
    return events[0];
  };
  const placeOf = ({ hash, blockNumber, blockHash }: TransactionReceipt) => ({ txHash: hash, blockNumber, blockHash });
  /** What every event that moves a payment's money, or marks it, says. */
  const movement = (terms: Terms, receipt: TransactionReceipt, amount: bigint) => ({
    ...{ chainId: 31337, termsId: acts.idOf(terms), amount, ...placeOf(receipt) },
    // The contract names no token in these.
    ...{ tokenAddress: `0x${'0'.repeat(40)}`, asset: `bsc:0x${'0'.repeat(40)}` },
  });
  const settledOf = (terms: Terms, receipt: TransactionReceipt, sums: object) => ({
    event: 'Settled',
    fact: { chainId: 31337, termsId: acts.idOf(terms), credits: [], ...sums, ...placeOf(receipt) },
  });

  /** Terms by the chain's own clock, which tests of the timers set ahead. */
  async function termsNow(changes: Partial<Terms> = {}): Promise<Terms> {
    const now = await acts.now();
    return world.terms({ fundBy: now + day, deliverBy: now + 2 * day, ...changes });
  }
  async function pooled(changes: Partial<Terms> = {}) {
    const terms = await termsNow(changes);
    await acts.intoPool(terms);
    return terms;
  }
  const pass = (seconds: number) => world.rpc('evm_increaseTime', [seconds]);
  const release = (terms: Terms, toSeller: bigint, toBuyer = 0n) => world.settle(terms, { toSeller, toBuyer });
  const logIndexOf = (receipt: TransactionReceipt, name: keyof typeof escrowTopics) =>
    receipt.logs.find((log) => log.topics[0] === escrowTopics[name])?.index;

  it('reads a delivery mark and a freeze, by call', async () => {
    const terms = await pooled();
    const marked = await acts.call(acts.seller, 'markDelivered', [terms]);
    expect(await only(marked)).to.deep.equal({ event: 'Delivered', movement: movement(terms, marked, 0n) });
    const frozen = await acts.call(acts.buyer, 'freeze', [terms]);
    expect(await only(frozen)).to.deep.equal({ event: 'Frozen', movement: movement(terms, frozen, 0n) });
  });

  it('reads the record that a mark opens in a vault beside the mark', async () => {
    const terms = await termsNow();
    await world.pay(world.chain.gateway.identify('bsc', terms).vault, terms.amount);
    const marked = await acts.call(acts.seller, 'markDelivered', [terms]);
    const events = await read(marked);
    expect(names(events)).to.deep.equal(['Funded', 'Delivered']);
    expect(events[0]).to.include({ source: 2, amount: all, termsId: acts.idOf(terms) });
  });

  it('reads a credit with the settlement that left it, and its withdrawal by anybody', async () => {
    const terms = await pooled();
    const settled = await acts.whileRefusing(terms.seller, () => release(terms, 60n * one, 40n * one));
    const sums = { settleSeq: 0, toSeller: 60n * one, toBuyer: 40n * one, fee: (60n * fee) / 100n };
    const amount = sums.toSeller - sums.fee;
    const logIndex = logIndexOf(settled, 'Credited');
    const credits = [{ account: terms.seller, amount, inVault: false, logIndex }];
    expect(await only(settled)).to.deep.equal(settledOf(terms, settled, { ...sums, credits }));

    const withdrawn = await acts.call(acts.buyer, 'withdrawCredit', [terms.seller, terms.token]);
    const withdrawal = {
      ...{ chainId: 31337, account: terms.seller, tokenAddress: terms.token, amount, redirected: false },
      ...{ logIndex: logIndexOf(withdrawn, 'CreditWithdrawn'), ...placeOf(withdrawn) },
    };
    expect(await only(withdrawn)).to.deep.equal({ event: 'CreditWithdrawn', withdrawal });
  });

  it('says of a withdrawal that its owner sent it elsewhere, from the pool and from a vault', async () => {
    const terms = await pooled();
    await acts.whileRefusing(terms.seller, () => release(terms, all));
    const part = { account: terms.seller, to: acts.stranger, amount: 7n * one };
    const fromPool = await only(await acts.redirect(acts.seller, part));
    expect(fromPool).to.have.nested.property('withdrawal.redirected', true);
    expect(fromPool).to.have.nested.property('withdrawal.amount', part.amount);
    await acts.call(acts.buyer, 'withdrawCredit', [terms.seller, terms.token]);

    const inVault = await termsNow();
    await world.pay(world.chain.gateway.identify('bsc', inVault).vault, all);
    const settled = await acts.whileRefusing(terms.seller, () => release(inVault, all));
    expect(await only(settled)).to.have.deep.nested.property('fact.credits', [
      { account: terms.seller, amount: net, inVault: true, logIndex: logIndexOf(settled, 'Credited') },
    ]);
    const redirected = await acts.redirect(acts.seller, part, { terms: inVault, sellerShare: true });
    const paid = { event: 'VaultCreditPaid', account: terms.seller };
    const away = { ...paid, movement: movement(inVault, redirected, part.amount), redirected: true };
    expect(await only(redirected)).to.deep.equal(away);
    const rest = await acts.call(acts.buyer, 'payVaultCredit', [inVault]);
    const home = { ...paid, movement: movement(inVault, rest, net - part.amount), redirected: false };
    expect(await only(rest)).to.deep.equal(home);
  });

  it('reads money that was brought back after a release, two of one transaction as one', async () => {
    const terms = await pooled();
    await release(terms, all);
    const allow = erc20.encodeFunctionData('approve', [world.deployment.escrow, 20n * one]);
    await world.send(acts.buyer, { to: terms.token, data: allow });
    const later = await acts.call(acts.buyer, 'refundLater', [terms, 5n * one]);
    expect(await only(later)).to.deep.equal({ event: 'RefundedLater', movement: movement(terms, later, 5n * one) });
    const { escrow, token, buyerAddress } = world.deployment;
    const batch = await world.nextBatchAddress();
    const twice = await world.batch([
      { to: token, data: erc20.encodeFunctionData('transferFrom', [buyerAddress, batch, 7n * one]) },
      { to: token, data: erc20.encodeFunctionData('approve', [escrow, 7n * one]) },
      { to: escrow, data: world.encode('refundLater', [terms, 3n * one]) },
      { to: escrow, data: world.encode('refundLater', [terms, 4n * one]) },
    ]);
    expect(await only(twice)).to.deep.equal({ event: 'RefundedLater', movement: movement(terms, twice, 7n * one) });
  });

  it('gives each settlement of a batch its own credits, and nothing of an item that failed', async () => {
    const [first, second, third] = [await pooled(), await pooled(), await pooled()];
    const part = (terms: Terms, toSeller: bigint, seq = 0) => ({ terms, seq, toSeller, toBuyer: 0n });
    const both = await acts.whileRefusing(first.seller, () =>
      acts.batch('settleBatch', [part(second, 10n * one), part(first, 20n * one), part(second, 30n * one, 1)]),
    );
    const credited = (await read(both)).map((event) =>
      event.event === 'Settled' ? [event.fact.termsId, event.fact.settleSeq, event.fact.credits] : event,
    );
    const indexes = both.logs.filter((log) => log.topics[0] === escrowTopics.Credited).map(({ index }) => index);
    const credit = (amount: bigint, n: number) => [
      { account: first.seller, amount: (amount * 99n) / 100n, inVault: false, logIndex: indexes[n] },
    ];
    expect(credited).to.deep.equal([
      [acts.idOf(second), 0, credit(10n * one, 0)],
      [acts.idOf(first), 0, credit(20n * one, 1)],
      [acts.idOf(second), 1, credit(30n * one, 2)],
    ]);
    const report = await acts.batch('settleBatchReport', [part(third, all, 9), part(third, all)]);
    const sums = { settleSeq: 0, toSeller: all, toBuyer: 0n, fee };
    expect(await only(report)).to.deep.equal(settledOf(third, report, sums));
  });

  it('reads timers like any settlement, with the stored sequence', async () => {
    const [unmarked, delivered, frozen] = [await pooled(), await pooled(), await pooled()];
    await acts.call(acts.seller, 'markDelivered', [delivered]);
    await acts.call(acts.buyer, 'freeze', [frozen]);
    await pass(3 * day);
    const reclaimed = await acts.call(acts.seller, 'reclaim', [unmarked]);
    const back = { settleSeq: 0, toSeller: 0n, toBuyer: all, fee: 0n };
    expect(await only(reclaimed)).to.deep.equal(settledOf(unmarked, reclaimed, back));
    const claimed = await acts.call(acts.buyer, 'claim', [delivered]);
    const paid = { settleSeq: 0, toSeller: all, toBuyer: 0n, fee };
    expect(await only(claimed)).to.deep.equal(settledOf(delivered, claimed, paid));
    await pass(45 * day);
    const forced = await acts.call(acts.buyer, 'forceResolve', [frozen]);
    const split = { settleSeq: 0, toSeller: 50n * one, toBuyer: 50n * one, fee: fee / 2n };
    expect(await only(forced)).to.deep.equal(settledOf(frozen, forced, split));
  });

  it('ignores the same events of another contract', async () => {
    const id = toBeHex(1n, 32);
    const account = word(acts.stranger);
    const words = (...values: bigint[]) =>
      toBeHex(
        values.reduce((sum, value) => (sum << 256n) + value, 0n),
        values.length * 32,
      );
    const fakes: [string[], string][] = [
      [[escrowTopics.Delivered, id], words(1n)],
      [[escrowTopics.Frozen, id, account], words(1n)],
      [[escrowTopics.Settled, id], words(0n, 5n, 5n, 0n)],
      [[escrowTopics.VaultCreditPaid, id, account], words(5n)],
      [[escrowTopics.CreditWithdrawn, account, word(world.deployment.token)], words(5n)],
      [[escrowTopics.RefundedLater, id, account], words(5n)],
      [[escrowTopics.Shortfall, id], words(5n)],
      [[escrowTopics.SeqBumped, id], words(5n)],
    ];
    for (const [topics, data] of fakes) expect(await read(await world.emit(topics, data))).to.deep.equal([]);
  });
});
