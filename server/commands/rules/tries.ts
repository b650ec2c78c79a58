import { AppError } from '../../errors.ts';
import type { Attempts } from '../../ports/identity.ts';
import type { Clock } from '../../ports.ts';

/** Five failures in a quarter of an hour, counted for all servers together. */
const limit = { max: 5, windowMs: 15 * 60_000 };

/** Counts a try before its outcome is known; what it answers takes the try back when it succeeded. */
export async function takeTry(
  { attempts, clock }: { readonly attempts: Attempts; readonly clock: Clock },
  name: string,
): Promise<() => Promise<void>> {
  const tryId = await attempts.take(name, limit, clock.now());
  if (tryId === null) throw new AppError('rate_limited', 'Too many failed tries; wait 15 minutes and try again.');
  return () => attempts.giveBack(name, tryId);
}
