import { expect } from 'chai';
import type { AccountKind } from '../../server/domain/accounts.ts';
import { formatAmount } from '../../server/domain/money.ts';
import { type AssetFacts, type ChainBalances, compareAsset, comparisons } from '../../server/domain/reconciliation.ts';

const one = 10n ** 18n;
const nothing: ChainBalances = {
  ...{ hotWallet: 0n, oneTime: 0n, treasury: 0n, refundWallet: 0n },
  ...{ pool: 0n, poolOwed: 0n, poolFees: 0n, vaults: 0n },
};
type Sums = Partial<Record<AccountKind, bigint>>;
/** Books of one asset, balanced by the buyers, beside what lies where; the provider tells the truth unless a case says otherwise. */
function compare(sums: Sums, chain: Partial<ChainBalances> | 'chain_away', more: Partial<AssetFacts> = {}) {
  const total = Object.values(sums).reduce((sum, amount) => sum + amount, 0n);
  const books = new Map(Object.entries({ buyer: -total, ...sums }) as [AccountKind, bigint][]);
  const balances = chain === 'chain_away' ? chain : { ...nothing, ...chain };
  const hotWallet = chain === 'chain_away' ? 0n : (chain.hotWallet ?? 0n);
  const word = { amount: formatAmount(hotWallet, 18), synced: true, onChain: [hotWallet, hotWallet] };
  return compareAsset({ asset: 'bsc:USDT', decimals: 18, sums: books, chain: balances, word, ...more });
}
/** The comparisons that do not agree, with their reason. */
const odd = (...given: Parameters<typeof compare>) =>
  compare(...given)
    .filter(({ outcome }) => outcome !== 'agrees')
    .map(({ comparison, outcome, reason, difference }) => `${comparison} ${outcome} ${reason} ${difference}`);

describe('the comparison of books, provider and chain', () => {
  it('agrees everywhere when every account lies where the books say', () => {
    const sums = {
      'held:provider': 30n,
      'excess:contract': 4n,
      'held:contract': 50n,
      credit: 1n,
      suspense: 2n,
      'owed:seller': 7n,
      'owed:buyer': 8n,
      fees: 3n,
    };
    const chain = {
      hotWallet: 10n,
      oneTime: 20n,
      pool: 5n,
      poolOwed: 3n,
      poolFees: 3n,
      vaults: 55n,
      treasury: 7n,
      refundWallet: 8n,
    };
    const rows = compare(sums, chain);
    expect(rows.map(({ comparison }) => comparison)).to.deep.equal(comparisons);
    expect(rows.map(({ outcome }) => outcome)).to.deep.equal(comparisons.map(() => 'agrees'));
    expect(rows.map(({ difference }) => difference)).to.deep.equal(comparisons.map(() => 0n));
  });

  it("takes more in the platform's own wallets for its float, and tells the sum", () => {
    expect(odd({ 'held:provider': 30n }, { hotWallet: 31n, treasury: 5n, refundWallet: 6n })).to.deep.equal([]);
    const [, backing] = compare({ 'held:provider': 30n }, { hotWallet: 31n });
    expect(backing).to.include({ reason: 'float', expected: 30n, found: 31n, difference: 1n });
  });

  it('names what the provider lacks: on its way out, owed by the platform, or missing', () => {
    const short = (sums: Sums) => odd({ 'held:provider': 30n * one, ...sums }, { hotWallet: 20n * one });
    const missing = `differs provider_money_missing ${-10n * one}`;
    expect(short({})).to.deep.equal([`provider_backing ${missing}`, `provider_word ${missing}`]);
    expect(odd({ 'held:provider': 20n * one, 'pending:provider': 10n * one }, { hotWallet: 20n * one })).to.deep.equal(
      [],
    );
    // A forward that went out twice was paid with other people's money until the platform tops it up.
    const owes = `differs platform_owes_top_up ${-10n * one}`;
    expect(short({ platform: -10n * one, 'excess:contract': 0n })).to.deep.equal([
      `provider_backing ${owes}`,
      `provider_word ${owes}`,
    ]);
    expect(short({ platform: -9n * one })[0]).to.include('provider_money_missing');
  });

  it('believes no word of the provider, and does not mistake one that is late or rounded for a loss', () => {
    const books = { 'held:provider': 30n * one };
    const told = (amount: string, synced = true, onChain = [30n * one]) =>
      odd(books, { hotWallet: 30n * one }, { word: { amount, synced, onChain } });
    expect(told('30')).to.deep.equal([]);
    expect(told('29.9999999999')).to.deep.equal([]);
    expect(told('30.0000000000000000000000001')).to.deep.equal([]);
    // The wallet was emptied and filled while we asked.
    expect(told('7', true, [7n * one, 30n * one])).to.deep.equal([]);
    expect(told('29.99')).to.have.length(2);
    expect(told('31')).to.deep.equal([`provider_wallet differs provider_disagrees ${one}`]);
    expect(told('0')).to.deep.equal([
      `provider_word differs provider_reads_zero ${-30n * one}`,
      `provider_wallet differs provider_reads_zero ${-30n * one}`,
    ]);
    expect(told('0', false)).to.deep.equal([
      `provider_word unknown provider_behind ${-30n * one}`,
      `provider_wallet unknown provider_behind ${-30n * one}`,
    ]);
    expect(told('1e-7').map((line) => line.split(' ').slice(1, 3).join(' '))).to.deep.equal([
      'unknown provider_disagrees',
      'unknown provider_disagrees',
    ]);
  });

  it('names the wallet that lacks what the ledger owes', () => {
    expect(odd({ 'owed:seller': 9n, 'pending:treasury': 1n }, { treasury: 9n })).to.deep.equal([
      'treasury differs treasury_short -1',
    ]);
    expect(odd({ 'owed:buyer': 9n, 'pending:refunds': 1n }, { refundWallet: 8n })).to.deep.equal([
      'refund_wallet differs refund_wallet_short -2',
    ]);
    expect(odd({ fees: 9n }, {})).to.deep.equal([]);
  });

  it('holds the escrow to the unit, in both directions', () => {
    const books = { 'held:contract': 90n, 'pending:contract': 10n, suspense: 5n };
    const at = (vaults: bigint, more: Sums = {}, chain: Partial<ChainBalances> = {}) =>
      odd({ ...books, ...more }, { pool: 5n, vaults, ...chain });
    expect(at(100n)).to.deep.equal([]);
    expect(at(101n)).to.deep.equal(['escrow differs money_not_booked 1']);
    expect(at(101n, { loss: 1n, 'held:contract': 90n })).to.deep.equal(['escrow differs written_off_but_there 1']);
    expect(at(99n)).to.deep.equal(['escrow differs escrow_short -1']);
    expect(at(100n, {}, { pool: 1n })).to.deep.equal(['escrow differs strays_rescued -4']);
    expect(at(99n, {}, { pool: 1n })).to.deep.equal(['escrow differs escrow_short -5']);
    // What the pool owes is no stray.
    expect(at(95n, {}, { pool: 5n, poolOwed: 5n })).to.deep.equal(['escrow differs strays_rescued -5']);
    // Fees in the pool are nobody's deposit.
    expect(at(100n, { fees: 1n }, { pool: 6n, poolOwed: 1n, poolFees: 1n })).to.deep.equal([]);
  });

  it('says of books that do not balance that they do not', () => {
    expect(odd({ buyer: -10n, 'held:contract': 9n }, { vaults: 9n })).to.deep.equal([
      'trial_balance differs books_unbalanced -1',
    ]);
  });

  it('says what was not read, and calls it neither a match nor a difference', () => {
    const rows = compare({ 'held:provider': 30n, 'owed:seller': 2n }, 'chain_away');
    expect(
      rows
        .filter(({ outcome }) => outcome === 'unknown')
        .map(({ comparison, reason, expected, found }) => [comparison, reason, expected, found]),
    ).to.deep.equal([
      ['provider_backing', 'chain_away', 30n, null],
      ['provider_word', 'chain_away', 30n, null],
      ['provider_wallet', 'chain_away', null, null],
      ['treasury', 'chain_away', 2n, null],
      ['refund_wallet', 'chain_away', 0n, null],
      ['escrow', 'chain_away', 0n, null],
    ]);
    expect(odd({ 'held:provider': 3n }, { hotWallet: 3n }, { word: 'provider_away' })).to.deep.equal([
      'provider_word unknown provider_away null',
      'provider_wallet unknown provider_away null',
    ]);
  });
});
