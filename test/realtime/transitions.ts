import type { State } from '../../server/domain/state.ts';
import { type Transition, transitionId } from '../../server/domain/transition.ts';
import { onTimeMs, paymentId } from '../domain/factories.ts';

/** A stored transition that led to a state. */
export function transitionOf({ state }: { readonly state: State }, seq: number): Transition {
  return {
    id: transitionId(paymentId, seq),
    paymentId,
    seq,
    from: null,
    to: state.status,
    kind: 'intentOpened',
    atMs: onTimeMs,
    actor: 'test',
    claims: [],
    legs: [],
    effects: [],
    state,
    stateHash: '',
    evidence: { canary: 'evidence' },
    prev: '',
    hash: '',
    attempt: '',
  };
}
