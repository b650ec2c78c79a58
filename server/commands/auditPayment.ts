import type { Violation } from '../domain/invariants/violation.ts';
import { auditLog, type ParkedNote } from './rules/auditLogs.ts';
import { type AuditDeps, blocksOf, type PinnedBlock, pinAudit, untilTold } from './rules/auditPins.ts';
import { noSuchPayment } from './rules/refusal.ts';

/** What was found of one payment; nothing when everything holds. */
export interface PaymentAuditReport {
  readonly paymentId: string;
  readonly transitions: number;
  readonly blocks: readonly PinnedBlock[];
  /** The payment's network, when it is not configured (any more): then nothing was compared with a chain. */
  readonly notCompared: readonly string[];
  readonly violations: readonly Violation[];
  readonly parked: readonly ParkedNote[];
}

/** How long somebody who asks waits for the monitor to tell what a final block holds; it looks every second. */
const patienceMs = 5_000;

/** Blocks that are read while somebody waits, as many as a fresh look at a payment reads; nobody waits for `npm run audit`. */
const usualMostBlocks = 128_000;

/**
 * Holds one payment against all invariants and the chain at its newest final block. Throws `AppError('not_found')`, and
 * `AppError('report_too_large')` for a payment that began too many blocks ago.
 */
export function createAuditPayment(deps: AuditDeps & { readonly mostBlocks?: number }) {
  return async function auditPayment(paymentId: string): Promise<PaymentAuditReport> {
    const sources = { ...(await pinAudit(deps, 0)), mostBlocks: deps.mostBlocks ?? usualMostBlocks };
    let found = await auditLog(sources, paymentId);
    // What was read while the payment moved on is read again before anything is said of it.
    if (found !== null && found.violations.length > 0) {
      await untilTold(deps, sources, patienceMs);
      found = await auditLog(sources, paymentId);
    }
    if (found === null) throw noSuchPayment();
    const { transitions, violations, parked } = found;
    const notCompared = found.notCompared === null ? [] : [found.notCompared];
    return { paymentId, transitions, blocks: blocksOf(sources), notCompared, violations, parked };
  };
}
