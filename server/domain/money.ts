/** Why a text or number is no amount of money. */
export type AmountProblem = 'not_a_decimal' | 'not_positive' | 'too_many_decimals' | 'too_large' | 'unsafe_number';

export type ParsedAmount =
  | { readonly outcome: 'parsed'; readonly amount: bigint }
  | { readonly outcome: 'refused'; readonly reason: AmountProblem };

/** The contract keeps amounts in a uint96 (contracts/interfaces/IEscrowData.sol). */
export const largestAmount = 2n ** 96n - 1n;

// 29 digits before the point hold any uint96 of a token without decimals; 36 after it are more than any token has.
const plainDecimal = /^(0|[1-9]\d{0,28})(?:\.(\d{1,36}))?$/;

const refused = (reason: AmountProblem): ParsedAmount => ({ outcome: 'refused', reason });

/** Reads a positive decimal amount exactly, in base units; anything that needs rounding or guessing is refused. */
export function parseAmount(input: string | number, decimals: number): ParsedAmount {
  if (typeof input === 'number' && !(Math.abs(input) <= Number.MAX_SAFE_INTEGER)) return refused('unsafe_number');
  const match = plainDecimal.exec(String(input));
  if (match === null) return refused('not_a_decimal');
  const [, whole = '', fraction = ''] = match;
  if (fraction.length > decimals) return refused('too_many_decimals');
  const amount = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (amount === 0n) return refused('not_positive');
  if (amount > largestAmount) return refused('too_large');
  return { outcome: 'parsed', amount };
}

/** Writes base units as a plain decimal string: no exponent, no trailing zeros. */
export function formatAmount(base: bigint, decimals: number): string {
  const digits = (base < 0n ? -base : base).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${base < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The smaller of two amounts. */
export function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
