import type { PreparedSettlement } from '../commands/prepareSettlement.ts';
import { formatAmount } from '../domain/money.ts';
import type { Asset } from '../domain/state.ts';
import type { Spell } from './presentParts.ts';

/** JSON has no bigint; typed data carries whole numbers as decimal strings, which signers of EIP-712 accept. */
export function jsonSafe(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(jsonSafe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, jsonSafe(entry)]));
}

/**
 * What admins sign, who signed, and the ready transaction once there are enough; or the payout that was opened instead.
 * Base units stand in the typed data only, as the contract wants them; beside it amounts are decimals.
 */
export function presentPrepared(prepared: PreparedSettlement, asset: Asset, spell: Spell): object {
  const decimal = (base: bigint) => formatAmount(base, asset.decimals);
  const { token, network } = asset;
  const remains = decimal(prepared.remains);
  if (prepared.kind === 'payout') return { ...prepared, remains, token, network };
  const { typedData, toSeller, toBuyer, signers, signedBy, dropped } = prepared;
  return {
    ...prepared,
    typedData: jsonSafe(typedData),
    toSeller: decimal(toSeller),
    toBuyer: decimal(toBuyer),
    remains,
    token,
    network,
    signers: signers.map(spell),
    signedBy: signedBy.map(spell),
    dropped: dropped.map(spell),
  };
}
