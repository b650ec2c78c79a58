import { type AccountKind, accountKinds, type Place } from './accounts.ts';
import { parseAmount } from './money.ts';

/** What is compared, per asset; docs/operations/ledger.md says of each what a difference means and what a person does. */
export const comparisons = [
  'trial_balance',
  'provider_backing',
  'provider_word',
  'provider_wallet',
  'treasury',
  'refund_wallet',
  'escrow',
] as const;
export type Comparison = (typeof comparisons)[number];

/** Why a row is as it is; for a difference the likely reason. */
export type Reason =
  | 'equal'
  | 'float'
  | 'payouts_in_flight'
  | 'books_unbalanced'
  | 'platform_owes_top_up'
  | 'provider_money_missing'
  | 'provider_disagrees'
  | 'provider_reads_zero'
  | 'provider_behind'
  | 'provider_away'
  | 'treasury_short'
  | 'refund_wallet_short'
  | 'escrow_short'
  | 'strays_rescued'
  | 'written_off_but_there'
  | 'money_not_booked'
  | 'chain_away'
  | 'monitor_never_ran'
  | 'too_many_addresses'
  | 'asset_not_listed';

/** One comparison of one asset in base units. `unknown` means that a side could not be read: neither a match nor a difference. */
export interface ReconciliationRow {
  readonly comparison: Comparison;
  readonly asset: string;
  readonly outcome: 'agrees' | 'differs' | 'unknown';
  readonly reason: Reason;
  /** What the books say that must be there. */
  readonly expected: bigint | null;
  /** What is there, as provider or chain say. */
  readonly found: bigint | null;
  /** Found less expected. */
  readonly difference: bigint | null;
}

/** What the accounts of one asset hold together, by kind, as of a block. */
export type KindSums = ReadonlyMap<AccountKind, bigint>;

/** The balances of one token at that block. */
export interface ChainBalances {
  readonly hotWallet: bigint;
  readonly oneTime: bigint;
  readonly treasury: bigint;
  readonly refundWallet: bigint;
  /** The escrow's own balance, what it owes of that by its own book, and how much of that are fees that nobody has withdrawn. */
  readonly pool: bigint;
  readonly poolOwed: bigint;
  readonly poolFees: bigint;
  readonly vaults: bigint;
}

/** What the provider says that its wallet holds, beside what the chain said just before and just after. */
export interface ProviderWord {
  readonly amount: string;
  readonly synced: boolean;
  readonly onChain: readonly bigint[];
}

/** Everything that is known about one asset; a side that could not be read is the reason why. */
export interface AssetFacts {
  readonly asset: string;
  readonly decimals: number;
  readonly sums: KindSums;
  readonly chain: ChainBalances | Reason;
  readonly word: ProviderWord | Reason;
}

/** What all accounts of a place hold together. */
export function sumAt(sums: KindSums, place: Place): bigint {
  let total = 0n;
  for (const [kind, amount] of sums) if (accountKinds[kind] === place) total += amount;
  return total;
}
const sumOf = (sums: KindSums, kind: AccountKind) => sums.get(kind) ?? 0n;

type Told = Pick<ReconciliationRow, 'outcome' | 'reason'>;
const agrees = (reason: Reason): Told => ({ outcome: 'agrees', reason });
const differs = (reason: Reason): Told => ({ outcome: 'differs', reason });
const unread = (reason: Reason): Told => ({ outcome: 'unknown', reason });

/** All comparisons of one asset, in the order of `comparisons`. */
export function compareAsset(facts: AssetFacts): ReconciliationRow[] {
  const { asset, sums, chain, word } = facts;
  const row = (comparison: Comparison, expected: bigint | null, found: bigint | null, told: Told) => {
    const difference = expected === null || found === null ? null : found - expected;
    return { comparison, asset, ...told, expected, found, difference };
  };
  let total = 0n;
  for (const amount of sums.values()) total += amount;
  const balanced = row('trial_balance', 0n, total, total === 0n ? agrees('equal') : differs('books_unbalanced'));
  const owedByProvider = sumAt(sums, 'provider');
  if (typeof chain === 'string') {
    const missing = comparisons.filter((name) => name !== 'trial_balance');
    return [balanced, ...missing.map((name) => row(name, expectedOf(name, sums), null, unread(chain)))];
  }
  const [treasury, refunds] = [sumAt(sums, 'treasury'), sumAt(sums, 'refunds')];
  const atProvider = chain.hotWallet + chain.oneTime;
  const inEscrow = chain.pool - chain.poolFees + chain.vaults;
  return [
    balanced,
    row('provider_backing', owedByProvider, atProvider, backing(sums, atProvider)),
    ...wordRows(facts, chain, word, row),
    row('treasury', treasury, chain.treasury, covers(chain.treasury, treasury, 'treasury_short')),
    row('refund_wallet', refunds, chain.refundWallet, covers(chain.refundWallet, refunds, 'refund_wallet_short')),
    row('escrow', sumAt(sums, 'contract'), inEscrow, escrow(sums, inEscrow, chain)),
  ];
}

function expectedOf(comparison: Comparison, sums: KindSums): bigint | null {
  if (comparison === 'treasury') return sumAt(sums, 'treasury');
  if (comparison === 'refund_wallet') return sumAt(sums, 'refunds');
  if (comparison === 'escrow') return sumAt(sums, 'contract');
  return comparison === 'provider_wallet' ? null : sumAt(sums, 'provider');
}

function covers(found: bigint, expected: bigint, short: Reason): Told {
  if (found < expected) return differs(short);
  return agrees(found === expected ? 'equal' : 'float');
}

/** What is above the accounts of the provider is the platform's float; below them it may be on its way out, or the platform owes it. */
function backing(sums: KindSums, found: bigint): Told {
  const expected = sumAt(sums, 'provider');
  if (found >= expected) return covers(found, expected, 'provider_money_missing');
  const leaving = sumOf(sums, 'pending:provider');
  if (found + leaving >= expected) return agrees('payouts_in_flight');
  const debt = -sumOf(sums, 'platform');
  return differs(found + leaving + debt >= expected ? 'platform_owes_top_up' : 'provider_money_missing');
}

/** The provider keeps amounts as doubles and prints ten decimals: so much may be missing without meaning anything. */
function tolerance(amount: bigint, decimals: number): bigint {
  const lastPrinted = decimals > 10 ? 10n ** BigInt(decimals - 10) : 1n;
  return amount / 10n ** 14n + lastPrinted;
}

function baseUnitsOf(text: string, decimals: number): bigint | null {
  if (/^0*(\.0*)?$/.test(text)) return 0n;
  // More decimals than the token has are an artefact of doubles.
  const [whole = '', fraction = ''] = text.split('.');
  const cut = fraction.slice(0, decimals);
  if (/^0*$/.test(whole + cut)) return 0n;
  const parsed = parseAmount(cut === '' ? whole : `${whole}.${cut}`, decimals);
  return parsed.outcome === 'parsed' ? parsed.amount : null;
}

type MakeRow = (comparison: Comparison, expected: bigint | null, found: bigint | null, told: Told) => ReconciliationRow;

function wordRows(facts: AssetFacts, chain: ChainBalances, word: ProviderWord | Reason, row: MakeRow) {
  const { sums, decimals } = facts;
  const owed = sumAt(sums, 'provider');
  if (typeof word === 'string')
    return [
      row('provider_word', owed, null, unread(word)),
      row('provider_wallet', chain.hotWallet, null, unread(word)),
    ];
  const said = baseUnitsOf(word.amount, decimals);
  if (said === null) {
    const unreadable = unread('provider_disagrees');
    return [row('provider_word', owed, null, unreadable), row('provider_wallet', chain.hotWallet, null, unreadable)];
  }
  const real = word.onChain.reduce((near, one) => (abs(one - said) < abs(near - said) ? one : near), chain.hotWallet);
  const slack = tolerance(real, decimals);
  const same = abs(said - real) <= slack;
  // The word is of now, the books are of a block: what the chain moved since is no fault of the provider's.
  const found = chain.hotWallet + (said - real) + chain.oneTime;
  const why = wordReason(word, said);
  // What printing cut off is not missing; and where the word is not the chain's, that is the reason for what it lacks.
  const weighed = backing(sums, same && found < owed ? found + slack : found);
  const told = weighed.outcome === 'differs' && !same ? why : weighed;
  return [row('provider_word', owed, found, told), row('provider_wallet', real, said, same ? agrees('equal') : why)];
}

/** A backend that is away or behind reads as zero or as old, which says nothing about the money. */
function wordReason({ synced }: ProviderWord, said: bigint): Told {
  if (!synced) return unread('provider_behind');
  return differs(said === 0n ? 'provider_reads_zero' : 'provider_disagrees');
}

const abs = (amount: bigint) => (amount < 0n ? -amount : amount);

/** What lacks in the pool above what it owes are strays that signers rescued; whatever else lacks is a payment's. */
function escrow(sums: KindSums, found: bigint, { pool, poolOwed }: ChainBalances): Told {
  const expected = sumAt(sums, 'contract');
  if (found === expected) return agrees('equal');
  const rescued = sumOf(sums, 'suspense') - (pool - poolOwed);
  if (found < expected) return differs(found + rescued >= expected ? 'strays_rescued' : 'escrow_short');
  return differs(found - sumOf(sums, 'loss') <= expected ? 'written_off_but_there' : 'money_not_booked');
}
