/** The one normaliser of transaction ids: backends report them bare, prefixed or in upper case. */
export function normaliseTransactionId(raw: string): string | null {
  const lower = raw.trim().toLowerCase();
  const prefixed = lower.startsWith('0x') ? lower : `0x${lower}`;
  return /^0x[0-9a-f]{64}$/.test(prefixed) ? prefixed : null;
}
