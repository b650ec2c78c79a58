import { arrivalKey, claim } from '../claim.ts';
import type { Signal } from '../signal.ts';
import type { State } from '../state.ts';
import type { Transition } from '../transition.ts';
import { eventOf, signalOf } from './bookedFacts.ts';
import type { Report } from './violation.ts';

/** How often a transfer was taken back, and the step whose credit of it stands. */
interface Credit {
  readonly reversals: number;
  readonly by: string | null;
}
const never: Credit = { reversals: 0, by: null };

/**
 * I5, from the evidence: every fact that a step rests on is claimed by it under the one name that this fact has. The unique index keeps a
 * name from being used twice, but only this keeps a fact from having two names. Fed step by step; remembers each transfer of the log.
 */
export function createUsedFacts() {
  const credits = new Map<string, Credit>();

  /** The claim of a transfer that is booked now; it may be booked again only after it was taken back. */
  function credited({ id }: Transition, key: string, report: Report): string {
    const { reversals, by } = credits.get(key) ?? never;
    const name = claim.transfer(key, reversals);
    if (by !== null) report('I5', id, `it books ${key} again, whose credit by ${by} stands`);
    credits.set(key, { reversals, by: id });
    return name;
  }

  /** The claim of a transfer that is taken back now; nothing for a sighting that is only forgotten. */
  function reversed(key: string, epoch: number): string[] {
    const { reversals, by } = credits.get(key) ?? never;
    if (by === null || epoch !== reversals) return [];
    credits.set(key, { reversals: reversals + 1, by: null });
    return [claim.reversal(key, epoch)];
  }

  function namesOf(step: Transition, signal: Signal, report: Report): string[] {
    switch (signal.kind) {
      case 'transferConfirmed':
      case 'forwardConfirmed':
      case 'strayReceived':
        return [credited(step, arrivalKey(signal.transfer), report)];
      case 'transferOrphaned':
        return reversed(signal.arrivalKey, signal.epoch);
      default:
        return namesAlone(step.state, signal);
    }
  }

  return {
    step(step: Transition, before: Transition | null, report: Report): void {
      const signal = signalOf(step);
      const names = [...namesOfState(step, before), ...(signal === null ? [] : namesOf(step, signal, report))];
      for (const name of names)
        if (!step.claims.includes(name)) report('I5', step.id, `it rests on ${name} and does not claim it`);
    },
  };
}

/** The claims of facts that need no history to be named. */
function namesAlone(state: State, signal: Signal): string[] {
  switch (signal.kind) {
    case 'addressGiven':
      return [claim.address(state.asset.chainId, signal.address)];
    case 'providerReported':
      return [claim.event('shkeeper', signal.report.deliveryKey)];
    case 'payoutRequested':
      return state.direction === 'in' ? [claim.payout(state.id, state.payouts.length)] : [];
    case 'payoutUnknown':
      return externalIdsOf(state).map(claim.post);
    case 'payoutSucceeded':
      if (signal.transfer === null) return [];
      return [
        state.direction === 'out' ? claim.payoutProof(signal.transfer) : claim.transfer(arrivalKey(signal.transfer), 0),
      ];
    default: {
      const event = eventOf(signal);
      return event === null ? [] : [event.name];
    }
  }
}

function externalIdsOf(state: State): string[] {
  if (state.direction === 'out') return [state.machine.externalId];
  return state.direction === 'in' && state.forward !== null ? [state.forward.externalId] : [];
}

/** The claims of what the state itself says happened in this step: its vault was taken, its request was funded. */
function namesOfState({ state, seq, kind }: Transition, before: Transition | null): string[] {
  if (state.direction !== 'in') return [];
  const opened = kind === 'intentOpened' && seq === 1;
  const wasFunded = before?.state.direction === 'in' && before.state.funded;
  return [
    ...(opened ? [claim.address(state.asset.chainId, state.vault)] : []),
    ...(state.funded && !wasFunded ? [claim.fund(state.requestId)] : []),
  ];
}
