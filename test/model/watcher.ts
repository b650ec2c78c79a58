import type { DomainEvent } from '../../server/domain/event.ts';
import type { Transition } from '../../server/domain/transition.ts';
import type { LeasedTransition } from '../../server/ports.ts';
import type { SimulatedDatabase } from '../support/simulatedStore.ts';

/** Sees what happens while it happens, for the rules that the end of a run cannot show. */
export class Watcher {
  readonly violations: string[] = [];
  /** Keys of the effects that clients were told of, and of the alarms that were recorded. */
  readonly delivered = new Set<string>();
  readonly #projected = new Map<string, number>();
  readonly #fences = new Map<string, number>();

  /** A projection was written: it never goes back, and never stands still behind what was just written. */
  projected(database: SimulatedDatabase, { id, paymentId, seq }: Transition): void {
    const now = database.projections.get(paymentId)?.seq ?? 0;
    if (now < (this.#projected.get(paymentId) ?? 0))
      this.violations.push(`I6: ${id}: the projection went back to ${now}`);
    if (now < seq) this.violations.push(`I6: ${id}: the projection stands still at ${now}`);
    this.#projected.set(paymentId, now);
  }

  leased({ transition: { id }, fence }: LeasedTransition): void {
    const before = this.#fences.get(id) ?? 0;
    if (fence <= before) this.violations.push(`G7: ${id}: two holders have the fence ${fence}`);
    this.#fences.set(id, fence);
  }

  /** Only the newest holder may prolong or finish. */
  marked({ transition: { id }, fence }: LeasedTransition, taken: boolean): void {
    if (taken && fence < (this.#fences.get(id) ?? 0))
      this.violations.push(`G7: ${id}: a holder that lost it marked it`);
  }

  /** Clients were told of an event: what it follows from must be true for good by then. */
  told(database: SimulatedDatabase, key: string, { id, hash }: Transition, _event: DomainEvent): void {
    const stored = database.rows.get(id);
    if (stored?.hidden !== false || stored.transition.hash !== hash)
      this.violations.push(`G7: ${key}: clients were told of what is not stored`);
    this.delivered.add(key);
  }

  copy(other: Watcher): void {
    for (const key of other.delivered) this.delivered.add(key);
    for (const [id, fence] of other.#fences) this.#fences.set(id, fence);
    for (const [id, seq] of other.#projected) this.#projected.set(id, seq);
    this.violations.push(...other.violations);
  }
}
