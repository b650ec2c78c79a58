import { parseAmount } from '../../domain/money.ts';
import { AppError } from '../../errors.ts';

/** A positive amount in base units; refuses everything that is not exactly one, above all more decimals than the token has. */
export function readAmount(value: string | number, decimals: number, field: string): bigint {
  const parsed = parseAmount(value, decimals);
  if (parsed.outcome === 'parsed') return parsed.amount;
  throw new AppError('validation_failed', `${field} must be a positive amount with at most ${decimals} decimals.`, {
    details: { field, reason: parsed.reason },
  });
}
