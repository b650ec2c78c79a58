import { assetName } from '../../domain/ledger.ts';
import type { ChainBalances } from '../../domain/reconciliation.ts';
import type { Custody } from '../../domain/state.ts';
import type { Network } from '../../ports/outside.ts';
import type { BalanceReader } from '../../ports/reconciliation.ts';

/** An address that holds money of payments. */
export interface HoldingAddress {
  readonly address: string;
  readonly custody: Custody;
}

/** What lies at a network's addresses as of one block; addresses may be added later, each counts once. */
export interface PinnedMoney {
  add(addresses: readonly HoldingAddress[]): Promise<void>;
  count(): number;
  /** By the name of the asset in the books. */
  balances(): ReadonlyMap<string, ChainBalances>;
}

/** Reads the platform's own wallets and the pool at once, and then whatever is added. */
export async function readPinnedMoney(reader: BalanceReader, network: Network, block: number): Promise<PinnedMoney> {
  const { name, shkeeperHotWallet, treasury, refundWallet, escrow, tokens } = network;
  const own = [shkeeperHotWallet, treasury, refundWallet, escrow];
  const known = new Set(own);
  const found = new Map<string, ChainBalances>();
  for (const token of tokens) {
    const [wallets, book] = await Promise.all([
      reader.tokenBalances(name, token.tokenAddress, own, block),
      reader.poolBook(name, token.tokenAddress, block),
    ]);
    const [hotWallet = 0n, ofTreasury = 0n, ofRefunds = 0n, pool = 0n] = wallets;
    const wallet = { hotWallet, treasury: ofTreasury, refundWallet: ofRefunds };
    found.set(assetName(token), { ...wallet, pool, poolOwed: book.owed, poolFees: book.fees, oneTime: 0n, vaults: 0n });
  }

  async function sumOf(tokenAddress: string, holders: readonly string[]): Promise<bigint> {
    const amounts = await reader.tokenBalances(name, tokenAddress, holders, block);
    return amounts.reduce((sum, amount) => sum + amount, 0n);
  }

  return {
    count: () => known.size - own.length,
    balances: () => found,
    async add(addresses) {
      const fresh = addresses.filter(({ address }) => !known.has(address));
      for (const { address } of fresh) known.add(address);
      const at = (custody: Custody) => [
        ...new Set(fresh.filter((one) => one.custody === custody).map(({ address }) => address)),
      ];
      for (const token of tokens) {
        const before = found.get(assetName(token));
        if (before === undefined) continue;
        const oneTime = before.oneTime + (await sumOf(token.tokenAddress, at('provider')));
        const vaults = before.vaults + (await sumOf(token.tokenAddress, at('contract')));
        found.set(assetName(token), { ...before, oneTime, vaults });
      }
    },
  };
}
