import type { Asset, Balance, Custody } from './state.ts';

/** One signed line of double-entry bookkeeping, base units of `asset`; the legs of a transition sum to zero in one asset. */
export interface Leg {
  readonly account: string;
  readonly asset: string;
  readonly amount: bigint;
}

/** The names of all accounts; an account that ends in a payment's id belongs to that payment's log alone. */
export const account = {
  buyer: (buyerId: string) => `buyer:${buyerId}`,
  unknownBuyer: 'buyer:unknown',
  platform: 'platform',
  excess: (custody: Custody, paymentId: string) => `excess:${custody}:${paymentId}`,
  held: (custody: Custody, paymentId: string) => `held:${custody}:${paymentId}`,
  pending: (where: 'contract' | 'provider' | 'treasury' | 'refunds', paymentId: string) =>
    `pending:${where}:${paymentId}`,
  owedSeller: (sellerId: string, paymentId: string) => `owed:seller:${sellerId}:${paymentId}`,
  owedBuyer: (buyerId: string, paymentId: string) => `owed:buyer:${buyerId}:${paymentId}`,
  credit: (creditedTo: string, paymentId: string) => `credit:${creditedTo}:${paymentId}`,
  paidSeller: (sellerId: string) => `paid:seller:${sellerId}`,
  returnedBuyer: (buyerId: string) => `returned:buyer:${buyerId}`,
  fees: (marketplaceId: string) => `fees:${marketplaceId}`,
  suspense: 'suspense',
  loss: 'loss',
};

/** How the books name an asset: `<network>:<token>`. */
export const assetName = (asset: Asset) => `${asset.network}:${asset.token}`;

/** Whether an asset of the books is a listed token: only those have a symbol, every other is called by its address. */
export const isListed = (fact: { readonly asset: string; readonly tokenAddress: string }) =>
  !fact.asset.endsWith(`:${fact.tokenAddress}`);

/** Whether legs sum to zero in a single asset. */
export function balanced(legs: readonly Leg[]): boolean {
  const assets = new Set(legs.map((leg) => leg.asset));
  return assets.size <= 1 && legs.reduce((sum, leg) => sum + leg.amount, 0n) === 0n;
}

/** The same legs with every sign turned. */
export function reverse(legs: readonly Leg[]): Leg[] {
  return legs.map((leg) => ({ ...leg, amount: -leg.amount }));
}

/** What an account of the payment holds. */
export function balanceOf(balances: readonly Balance[], name: string, asset: string): bigint {
  return balances.find((entry) => entry.account === name && entry.asset === asset)?.amount ?? 0n;
}

/** The balances after the legs, for the accounts that belong to `paymentId`; zero balances are dropped, order is stable. */
export function post(balances: readonly Balance[], legs: readonly Leg[], paymentId: string): Balance[] {
  const next = new Map(balances.map((entry) => [`${entry.asset} ${entry.account}`, entry]));
  for (const leg of legs) {
    if (!leg.account.endsWith(`:${paymentId}`)) continue;
    const key = `${leg.asset} ${leg.account}`;
    next.set(key, { account: leg.account, asset: leg.asset, amount: (next.get(key)?.amount ?? 0n) + leg.amount });
  }
  return [...next.values()]
    .filter((entry) => entry.amount !== 0n)
    .sort((a, b) => (`${a.asset} ${a.account}` < `${b.asset} ${b.account}` ? -1 : 1));
}
