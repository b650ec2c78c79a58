const prefix = 'AMN_';

/** The name of a payment at a provider that takes its money. */
export const externalIdOf = (paymentId: string): string => `${prefix}${paymentId}`;

/** The payment that such a name means, or null for a name we never gave. */
export function paymentIdOf(externalId: string): string | null {
  const paymentId = externalId.slice(prefix.length);
  return externalId.startsWith(prefix) && /^[0-9a-f]{24}$/.test(paymentId) ? paymentId : null;
}
