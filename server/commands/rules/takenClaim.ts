import { claimConflict } from '../../domain/claim.ts';
import type { Signal, SignalContext } from '../../domain/signal.ts';
import type { State } from '../../domain/state.ts';
import type { Transition } from '../../domain/transition.ts';
import { AppError } from '../../errors.ts';
import type { Logger, Observation, TransitionStore } from '../../ports.ts';

/** As much of a call of the coordinator as a taken claim is judged by. */
export interface ClaimingCall {
  readonly deps: { readonly transitions: TransitionStore; readonly logger: Logger };
  readonly paymentId: string;
  readonly signal: Signal;
  readonly context: SignalContext;
  /** Claims that another payment holds and that `decide` has to do without. */
  readonly lost: Set<string>;
  /** Claims this payment holds from an earlier step; they are not claimed again. */
  readonly held: Set<string>;
}

/** What a taken claim means for the call that wanted it: an answer, or another decision without it. */
export async function onClaimTaken(
  call: ClaimingCall,
  transition: Transition,
  taken: string,
): Promise<Observation | 'again'> {
  const holder = await call.deps.transitions.claimant(taken);
  if (holder === null) throw busy('A fact of this change is being used right now.');
  const own = holder.paymentId === call.paymentId;
  if (own && holder.seq >= transition.seq) return 'again';
  switch (claimConflict(taken, own)) {
    case 'decideAgain':
      (own ? call.held : call.lost).add(taken);
      return 'again';
    case 'existing':
      return { outcome: 'existing', paymentId: holder.paymentId };
    case 'wait':
      return { outcome: 'wait', claim: taken };
    case 'alreadyAsked':
      return { outcome: 'alreadyAsked', claim: taken };
    case 'duplicate':
      return taken.startsWith('idem:') ? replay(call, taken, holder) : duplicate(call, taken);
    case 'keyReused':
      return replay(call, taken, holder);
    case 'conflict':
      report(call, taken, holder.paymentId);
      return { outcome: 'conflict', claim: taken, holder: holder.paymentId };
  }
}

async function duplicate(call: ClaimingCall, taken: string): Promise<Observation> {
  const tail = await call.deps.transitions.tail(call.paymentId);
  if (tail === null) throw busy('The payment cannot be read right now.');
  return { outcome: 'duplicate', state: tail.state, seq: tail.seq, reason: taken };
}

/** An idempotency key was used before: the same action again, or another one under an old key. */
async function replay(
  call: ClaimingCall,
  taken: string,
  holder: { paymentId: string; seq: number },
): Promise<Observation> {
  const first = await call.deps.transitions.at(holder.paymentId, holder.seq);
  if (first === null) throw busy('A fact of this change is being used right now.');
  if (holder.paymentId === call.paymentId) {
    return first.kind === call.signal.kind ? duplicate(call, taken) : { outcome: 'keyReused', claim: taken };
  }
  const sameIntent = first.kind === 'intentOpened' && isSameTrade(call.signal, first.state);
  return sameIntent ? { outcome: 'existing', paymentId: holder.paymentId } : { outcome: 'keyReused', claim: taken };
}

/** The same delivery or transfer for two payments is a security event; other facts that collide are only alarms. */
function report({ deps, paymentId, context, signal }: ClaimingCall, taken: string, holder: string): void {
  const fields = { claim: taken, paymentId, holder, actor: context.actor, kind: signal.kind };
  const security = taken.startsWith('evt:') || taken.startsWith('tx:');
  if (security) deps.logger.warn({ category: 'security', ...fields }, 'one fact was offered for two payments');
  else deps.logger.error({ category: 'alarm', ...fields }, 'a claim is held by another payment');
}

function isSameTrade(signal: Signal, state: State): boolean {
  if (signal.kind !== 'intentOpened') return false;
  const { requestId, offerId, buyerId } = signal.intent;
  return requestId === state.requestId && offerId === state.offerId && buyerId === state.buyerId;
}

/** The outcome is not known, or not in time; whoever asked may repeat the same. */
export function busy(message: string, cause?: unknown): AppError {
  return new AppError('busy', `${message} Repeat unchanged.`, { cause });
}
