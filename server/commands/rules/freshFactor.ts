import { AppError } from '../../errors.ts';
import type { Credentials } from '../../ports/identity.ts';

/** What moves money rests on a second factor of the last five minutes. */
export const factorLifeMs = 5 * 60_000;
/** Clocks of other servers may be ahead by so much. */
const skewMs = 30_000;

/** Refuses a bearer whose second factor is missing, old, or of a time to come, and says what to do. */
export function demandFreshFactor({ factorAtMs }: Credentials, now: number): void {
  const age = factorAtMs === undefined ? Number.POSITIVE_INFINITY : now - factorAtMs;
  if (age <= factorLifeMs && age >= -skewMs) return;
  const maxAgeSeconds = factorLifeMs / 1000;
  throw new AppError(
    'step_up_required',
    'This needs a second factor of the last 5 minutes: send a code to POST /api/payment/v1/sessions/step-up and repeat with the token it answers; ' +
      "a token of the marketplace needs `auth_time` and `amr` with 'mfa' or 'otp'.",
    { details: { stepUp: { operation: 'POST /api/payment/v1/sessions/step-up', maxAgeSeconds } } },
  );
}
