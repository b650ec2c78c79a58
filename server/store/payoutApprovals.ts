import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { type PayoutApprovalRow, payoutApprovalModel } from '../models/payoutApprovalModel.ts';
import type { PayoutApproval, PayoutApprovals } from '../ports/payouts.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';

/** So long one that has ended is still known, so that its proposer hears that it has; the server's clock may be wrong by as much. */
const keptMs = 24 * 3_600_000;

const toApproval = ({ _id, approvedBy, approvedAtMs, expiresAtMs }: PayoutApprovalRow): PayoutApproval => ({
  ...{ hash: _id, approvedBy, approvedAtMs, expiresAtMs },
});

/** Approvals of payouts on MongoDB. */
export function createPayoutApprovals(connection: Connection): PayoutApprovals {
  const rows = payoutApprovalModel(connection).collection as unknown as Collection<PayoutApprovalRow>;

  async function find(hash: string): Promise<PayoutApproval | null> {
    const row = await rows.findOne({ _id: hash });
    return row === null ? null : toApproval(row);
  }

  return refusingWhenDown({
    find,
    async withdrawAllOf(approvedBy: string) {
      await rows.deleteMany({ approvedBy });
    },
    async keep({ hash, ...approval }: PayoutApproval, now: number) {
      const keptUntil = new Date(approval.expiresAtMs + keptMs);
      try {
        // Meets no row while one lives, and then the id refuses the new one.
        const ended = { _id: hash, expiresAtMs: { $lte: now } };
        await rows.updateOne(ended, { $set: { ...approval, keptUntil } }, { upsert: true });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      return (await find(hash)) ?? { hash, ...approval };
    },
  });
}
