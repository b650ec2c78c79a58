import { BoundedMap } from '../../boundedMap.ts';
import type { Tail } from '../../ports.ts';

/** Payments whose newest known transition is remembered: a provider repeats itself within minutes. */
const maxKnown = 2_000;
/** States beyond this many transfers, which only dust brings about, would take too much memory. */
const maxTransfers = 20;

/** What this process wrote so short a time ago is hardly ever followed by somebody else's; then an append is tried without a question. */
const freshMs = 1_000;

/** A tail that this process saw, and until when an append may be tried on it unasked. */
export interface KnownTail extends Tail {
  readonly freshUntilMs: number;
}

/** What this process last saw of payments. Never taken for true: the fence or a question to the log decides (docs/adr/0013). */
export interface KnownTails {
  get(paymentId: string): KnownTail | undefined;
  /** `writtenAtMs` is when this process itself appended it. */
  remember(tail: Tail, writtenAtMs?: number): void;
}

/** Remembers tails up to a bound; the one that was not used for longest is forgotten first. */
export function createKnownTails(): KnownTails {
  const known = new BoundedMap<string, KnownTail>(maxKnown);
  return {
    get: (paymentId) => known.get(paymentId),
    remember({ paymentId, seq, hash, stateHash, state }, writtenAtMs = 0) {
      const before = known.get(paymentId);
      if (before !== undefined && before.seq > seq) return;
      if (isLarge({ state })) known.delete(paymentId);
      else known.set(paymentId, { paymentId, seq, hash, stateHash, state, freshUntilMs: writtenAtMs + freshMs });
    },
  };
}

function isLarge({ state }: Pick<Tail, 'state'>): boolean {
  if (state.direction !== 'in') return false;
  const told = state.provider?.transactions.length ?? 0;
  return state.arrivals.length + state.seen.length + told > maxTransfers;
}
