import type { SignalContext } from '../../domain/signal.ts';
import { AppError } from '../../errors.ts';
import type { Tail } from '../../ports.ts';

/** Whether a change that has to come after certain steps would come after another one. The fence of the append keeps what this lets through. */
export const isUnexpected = ({ ifSeq }: SignalContext, tail: Tail | null): boolean =>
  ifSeq !== undefined && !ifSeq.includes(tail?.seq ?? 0);

/** The refusal of a change of something that is not as its caller knew it. */
export function changedSince(known: { readonly seq: number } | null): AppError {
  const seq = known?.seq ?? 0;
  const message = `It has changed since: its version is ${seq} now. Read it again.`;
  return new AppError('precondition_failed', message, { details: { seq } });
}
