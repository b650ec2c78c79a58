import { z } from 'zod';
import { setting, whole } from './setting.ts';

/** What the marketplace decides: fees and times of a trade. */
export const policySettings = {
  INTENT_TTL_MINUTES: setting('policy', 'how long a buyer has to pay', whole(1, 10_080, 15)),
  MONITORING_DAYS: setting('policy', 'how long late money is watched for', whole(1, 300, 7)),
  MARKETPLACE_ID: setting(
    'policy',
    'name of the marketplace in the books',
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .default('main'),
  ),
  MARKETPLACE_FEE_BPS: setting('policy', 'fee on releases, in 1/100 %', whole(0, 1_000, 100)),
  SETTLEMENT_VALID_HOURS: setting(
    'policy',
    'how long a prepared release or refund can be broadcast (contract: at most 720)',
    whole(1, 720, 24),
  ),
  DELIVER_DAYS: setting('policy', 'days the seller has to deliver (contract: at most 366)', whole(1, 366, 14)),
  INSPECTION_DAYS: setting('policy', 'days the buyer has to inspect (contract: at most 90)', whole(1, 90, 3)),
  DISPUTE_SELLER_BPS: setting('policy', "seller's share of an abandoned dispute, in 1/100 %", whole(0, 10_000, 5_000)),
  PAYOUT_MANUAL_AFTER_SECONDS: setting(
    'policy',
    'when a payout without a clear answer goes to an admin (SHKeeper looks for 24 h)',
    whole(1, 604_800, 86_400),
  ),
} as const;

interface Read {
  readonly MONITORING_DAYS?: number;
  readonly DELIVER_DAYS?: number;
}

/** What must not be, in any environment. */
export function unsafePolicy({ MONITORING_DAYS = 0, DELIVER_DAYS = Infinity }: Read): string[] {
  if (MONITORING_DAYS + 1 < DELIVER_DAYS) return [];
  return ['MONITORING_DAYS + 1 must be below DELIVER_DAYS: late money needs time to be settled before deliverBy'];
}
