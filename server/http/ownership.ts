import { paidTotal } from '../domain/payment.ts';
import type { PaymentState } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { Actor, Versioned } from '../ports.ts';
import type { AppDeps } from './appDeps.ts';
import { ownershipOf } from './policies.ts';

type Reads = Pick<AppDeps, 'queries' | 'transitions'>;

/** The newest state straight from the log: what a write of this request has just made. */
export async function newest({ transitions }: Reads, id: string): Promise<Versioned | null> {
  const tail = await transitions.tail(id);
  if (!tail) return null;
  const { state, seq, atMs } = tail;
  const received = state.direction === 'in' ? paidTotal(state) : 0n;
  return { state, seq, createdAtMs: state.openedAtMs, updatedAtMs: atMs, received };
}

/** Reads a payment or payout of the caller; a stranger's is the same as none. */
export async function ownPayment(reads: Reads, actor: Actor, id: string): Promise<Versioned> {
  const owner = ownershipOf(actor);
  const projected = await reads.queries.payment(id, owner);
  if (projected) return projected;
  // The projection of a payment that was opened this moment may still be on its way.
  const logged = await newest(reads, id);
  const own = logged && (owner === null || [logged.state.buyerId, logged.state.sellerId].includes(owner));
  if (!own) throw new AppError('not_found', 'There is no such payment.');
  return logged;
}

/** Narrows to a payment of a buyer. */
export function incomingOnly(found: Versioned | null): Versioned<PaymentState> {
  if (found?.state.direction !== 'in') throw new AppError('not_found', 'There is no such payment.');
  return { ...found, state: found.state };
}
