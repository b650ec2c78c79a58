import { formatUnits } from 'ethers';

const trim = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** Amounts as the original prints them: through a double, at most 10 decimals, zeros trimmed. */
export const printAmount = (value: number): string => trim(value.toFixed(10));

/** Crypto amounts of invoices: rounded to 8 decimals. */
export const printInvoiceAmount = (value: number): string => trim(value.toFixed(8));

/** Amounts of payouts: 10 decimals, not trimmed. */
export const printPayoutAmount = (value: number): string => value.toFixed(10);

/** Base units as the double the original keeps. */
export const toDouble = (baseUnits: string, decimals: number): number =>
  Number(formatUnits(BigInt(baseUnits), decimals));

/** Compact JSON with sorted keys, as the original serialises the bodies it signs. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
