import { table } from '../payment.ts';
import { payoutTable } from '../payoutRecord.ts';
import type { SignalKind } from '../signal.ts';
import type { PaymentStatus, State } from '../state.ts';

/** One step between two statuses, and what caused it; `from` is null for the first of a log. */
export interface Edge {
  readonly direction: State['direction'];
  readonly kind: SignalKind;
  readonly from: PaymentStatus | null;
  readonly to: PaymentStatus;
}

/** What the first step of each kind of log may be; money of nobody has no other. */
const openings: Readonly<Record<State['direction'], SignalKind>> = {
  in: 'intentOpened',
  out: 'payoutOpened',
  suspense: 'strayReceived',
};

function targets({ direction, kind, from }: Edge): readonly PaymentStatus[] {
  if (from === null || direction === 'suspense') return kind === openings[direction] ? ['pending'] : [];
  if (direction === 'out') return payoutTable[kind]?.[from] ?? [];
  // A kind that this version does not know has no row.
  const cell = (table as Partial<typeof table>)[kind]?.[from];
  return cell === undefined || typeof cell === 'string' ? [] : cell;
}

/** Whether the tables of the domain have such a step. */
export function isEdge(edge: Edge): boolean {
  return targets(edge).includes(edge.to);
}
