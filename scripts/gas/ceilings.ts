/** The operations whose gas is published, in the order of the table. */
export const GAS_KEYS = [
  'fund',
  'fundAuthorization',
  'fundPermit2First',
  'fundPermit2Same',
  'releaseDirect',
  'release1',
  'release2of3',
  'refundDirect',
  'refund1',
  'refund2of3',
  'reclaim',
  'partialRelease',
  'batch50PerItem',
  'sweep',
  'vaultSettle1',
  'nativeRelease',
  'runtimeBytes',
] as const;

/** One row of the gas table. */
export type GasKey = (typeof GAS_KEYS)[number];

/** What was measured. */
export type GasTable = Record<GasKey, number>;

/** What a row is and what it may cost at most. */
export interface Ceiling {
  readonly operation: string;
  readonly most: number;
}

/**
 * The ceilings of the contract specification, section 2.1: a prototype's figures with little room, below those of commerce-payments
 * (AuthCaptureEscrow) wherever that does the same work. The size is the limit of EIP-170, which is itself still allowed; the
 * specification stays below it.
 */
export const CEILINGS: Readonly<Record<GasKey, Ceiling>> = {
  fund: { operation: 'fund by allowance', most: 91_000 },
  fundAuthorization: { operation: 'fund by ERC-3009', most: 116_500 },
  fundPermit2First: { operation: 'fund by Permit2, first nonce of a word', most: 129_000 },
  fundPermit2Same: { operation: 'fund by Permit2, same word', most: 112_000 },
  releaseDirect: { operation: 'release, direct caller', most: 68_000 },
  release1: { operation: 'release, 1 signature', most: 73_500 },
  release2of3: { operation: 'release, 2 of 3', most: 77_269 },
  refundDirect: { operation: 'refund, direct caller', most: 68_000 },
  refund1: { operation: 'refund, 1 signature', most: 73_500 },
  refund2of3: { operation: 'refund, 2 of 3', most: 78_000 },
  reclaim: { operation: 'reclaim', most: 63_800 },
  partialRelease: { operation: 'partial release, 1 signature', most: 73_500 },
  batch50PerItem: { operation: 'batch of 50, per item', most: 20_000 },
  sweep: { operation: 'sweep of a vault', most: 132_000 },
  vaultSettle1: { operation: 'release straight from the vault, 1 signature', most: 140_000 },
  nativeRelease: { operation: 'native release, 1 signature', most: 58_500 },
  runtimeBytes: { operation: 'runtime size, bytes', most: 24_575 },
};

/** The rows above their ceiling. */
export function aboveCeiling(table: GasTable): GasKey[] {
  return GAS_KEYS.filter((key) => table[key] > CEILINGS[key].most);
}
