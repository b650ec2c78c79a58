import { noSuchPayment } from '../commands/rules/refusal.ts';
import { paidTotal } from '../domain/facts.ts';
import type { PaymentState } from '../domain/state.ts';
import type { Actor, Versioned } from '../ports.ts';
import type { AppDeps } from './appDeps.ts';
import { ownershipOf } from './policies.ts';

type Reads = Pick<AppDeps, 'transitions'>;

/** The newest state straight from the log: what a write of this request has just made. */
export async function newest({ transitions }: Reads, id: string): Promise<Versioned | null> {
  const tail = await transitions.tail(id);
  if (!tail) return null;
  const { state, seq, atMs } = tail;
  const received = state.direction === 'in' ? paidTotal(state) : 0n;
  return { state, seq, createdAtMs: state.openedAtMs, updatedAtMs: atMs, received };
}

/**
 * Reads a payment or payout of the caller; a stranger's is the same as none. From the log, so that whoever was answered by one server
 * and asks another one is never told less than he knows.
 */
export async function ownPayment(reads: Reads, actor: Actor, id: string): Promise<Versioned> {
  const owner = ownershipOf(actor);
  const found = await newest(reads, id);
  const own = found && (owner === null || [found.state.buyerId, found.state.sellerId].includes(owner));
  if (!own) throw noSuchPayment();
  return found;
}

/** Narrows to a payment of a buyer. */
export function incomingOnly(found: Versioned | null): Versioned<PaymentState> {
  if (found?.state.direction !== 'in') throw noSuchPayment();
  return { ...found, state: found.state };
}
