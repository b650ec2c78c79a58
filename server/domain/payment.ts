import type { Signal } from './signal.ts';
import type { State } from './state.ts';
import type { DecideContext, Decision } from './transition.ts';

/** Says what a signal does to a payment in this state; pure, and the only place where a payment's state is decided. */
export function decide(_state: State | null, _signal: Signal, _context: DecideContext): Decision {
  return { outcome: 'noChange', reason: 'undecided' };
}
