import { arrivalKey } from '../../server/domain/claim.ts';
import type { State } from '../../server/domain/state.ts';
import type { Transition } from '../../server/domain/transition.ts';
import type { Observation } from '../../server/ports.ts';
import type { SimulatedDatabase } from '../support/simulatedStore.ts';
import type { Answer } from './clients.ts';

/** I14 and G4: whether what a client was told was true, and not older than his question. */
export function wrongAnswer(database: SimulatedDatabase, answer: Answer): string[] {
  const { action, observation } = answer;
  const history = (database.logs.get(action.paymentId) ?? []).map(({ transition }) => transition);
  const wrong = problem(database, history, answer);
  return wrong === null ? [] : [`I14: ${action.name}, answered ${observation.outcome}: ${wrong}`];
}

function problem(database: SimulatedDatabase, history: readonly Transition[], answer: Answer): string | null {
  const { action, actor, observation } = answer;
  const own = history.filter((transition) => transition.actor === actor);
  if (observation.outcome !== 'changed' && own.length > 0) return `it stands in the log as step ${own[0]?.seq}`;
  switch (observation.outcome) {
    case 'changed': {
      const stored = history[observation.seq - 1];
      const isOwn = stored?.actor === actor && stored.kind === action.signal.kind && own.length === 1;
      return isOwn ? repeatedKey(history, answer) : `step ${observation.seq} of the log is another`;
    }
    case 'noChange':
    case 'duplicate':
      return staleness(history, answer, observation.seq) ?? lostMoney(history, answer, observation.seq);
    case 'refused':
      return staleness(history, answer, seqOf(history, observation));
    case 'conflict':
      return holderProblem(database, observation.claim, observation.holder);
    case 'existing':
      return database.logs.has(observation.paymentId) ? null : `there is no ${observation.paymentId}`;
    default:
      return database.claims.has(observation.claim) ? null : `nobody holds ${observation.claim}`;
  }
}

/** Whoever asks is answered from what was true when he asked, or later; otherwise a fact that is news is taken for an old one. */
function staleness(history: readonly Transition[], { seqBefore }: Answer, seq: number): string | null {
  if (seq < seqBefore) return `the log stood at ${seqBefore} before the question, the answer is of ${seq}`;
  return seq <= history.length ? null : `the log never came to ${seq}`;
}

function seqOf(history: readonly Transition[], { state }: Extract<Observation, { outcome: 'refused' }>): number {
  return state === null ? 0 : (history.find((transition) => transition.state === state)?.seq ?? 0);
}

function holderProblem({ claims }: SimulatedDatabase, claim: string, holder: string): string | null {
  return claims.get(claim)?.transition.paymentId === holder ? null : `${holder} does not hold ${claim}`;
}

/** One idempotency key causes one transition. */
function repeatedKey(history: readonly Transition[], { action, actor }: Answer): string | null {
  if (action.idempotencyClaim === undefined) return null;
  const [client] = actor.split('.');
  const others = history.filter(
    (transition) => transition.actor !== actor && transition.actor.split('.')[0] === client,
  );
  return others.length === 0 ? null : 'the same request was carried out before';
}

/** G11: whoever is told that a transfer is known finds it booked and not taken back, at some time since his question. */
function lostMoney(history: readonly Transition[], { action: { signal }, seqBefore }: Answer, seq: number) {
  if (signal.kind !== 'transferConfirmed') return null;
  const key = arrivalKey(signal.transfer);
  const stands = (state: State) =>
    state.direction === 'in' && state.arrivals.some((arrival) => !arrival.reversed && arrivalKey(arrival) === key);
  const since = history.slice(Math.max(seqBefore - 1, 0), seq);
  return since.some(({ state }) => stands(state)) ? null : 'the money is not booked';
}
