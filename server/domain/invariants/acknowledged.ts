import { transitionId } from '../transition.ts';
import type { Violation } from './violation.ts';

/** What a caller was told is done: the step that a payment had reached when the answer went out. */
export interface Acknowledgement {
  readonly paymentId: string;
  readonly seq: number;
}

/** I14: every step that was acknowledged is stored; `stored` says how far each history goes. */
export function lostAcknowledgements(
  acknowledged: Iterable<Acknowledgement>,
  stored: ReadonlyMap<string, number>,
): Violation[] {
  const highest = new Map<string, number>();
  for (const { paymentId, seq } of acknowledged) highest.set(paymentId, Math.max(seq, highest.get(paymentId) ?? 0));
  return [...highest]
    .filter(([paymentId, seq]) => (stored.get(paymentId) ?? 0) < seq)
    .map(([paymentId, seq]) => {
      const end = stored.get(paymentId) ?? 0;
      return {
        invariant: 'I14',
        record: transitionId(paymentId, seq),
        detail: `it was acknowledged, the history ends at ${end}`,
      };
    });
}
