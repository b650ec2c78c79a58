import { z } from 'zod';
import type { ErrorCode } from '../../errors.ts';

/** What is answered to whoever ordered a payout. */
export const openedPayout = z.strictObject({
  success: z.literal(true),
  data: z.strictObject({ payoutId: z.string(), taskId: z.string(), status: z.string() }),
  message: z.string(),
});

/** What every order of a payout may be refused for. */
export const payoutProblems = [
  'not_found',
  'not_funded',
  'amount_exceeds_balance',
  'payout_over_limit',
  'payout_approval_own',
  'payout_approval_mismatch',
  'payout_approval_expired',
  'payout_approval_used',
  'network_not_supported',
  'risk_hold',
] as const satisfies readonly ErrorCode[];
