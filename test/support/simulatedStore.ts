import { balanced, type Leg } from '../../server/domain/ledger.ts';
import { type Outline, outlineFields } from '../../server/domain/state.ts';
import { type Step, type Transition, transitionId } from '../../server/domain/transition.ts';
import type { AppendResult, LeasedTransition, RelayStore, TransitionStore } from '../../server/ports.ts';

/** What a deliberately broken store leaves out, to show that the model checker notices. */
export type StoreMutant = 'none' | 'noSequenceFence' | 'noClaimFence' | 'blindProjection';

interface Row {
  readonly transition: Transition;
  /** Operation number from which majority reads see it; fences hold at once. */
  visibleFrom: number;
  relay: { done: boolean; lease: number; fence: number; parked: Map<string, string> };
}

const amountBound = 10n ** 30n;
const isSound = (legs: readonly Leg[]) =>
  balanced(legs) && legs.every(({ amount }) => amount <= amountBound && amount >= -amountBound);

function stepOf({ paymentId, seq, kind, atMs, effects, state }: Transition): Step {
  const outline = outlineFields.flatMap((field) => (field in state ? [[field, Reflect.get(state, field)]] : []));
  return { paymentId, seq, kind, atMs, effects, state: Object.fromEntries(outline) as Outline };
}

/** The database of the model: what MongoDB does to our collections, in memory, one atomic operation at a time. */
export class SimulatedDatabase {
  readonly mutant: StoreMutant;
  readonly rows = new Map<string, Row>();
  readonly claims = new Map<string, Row>();
  readonly projections = new Map<string, Transition>();
  readonly violations: string[] = [];
  operations = 0;

  constructor(mutant: StoreMutant = 'none') {
    this.mutant = mutant;
  }

  insert(transition: Transition, hiddenFor = 0): AppendResult {
    if (!isSound(transition.legs)) throw new Error(`The database refused transition ${transition.id}.`);
    if (this.mutant !== 'noSequenceFence' && this.rows.has(transition.id)) return { outcome: 'sequenceTaken' };
    const claim = [...transition.claims].sort().find((one) => this.claims.has(one));
    if (claim !== undefined && this.mutant !== 'noClaimFence') return { outcome: 'claimTaken', claim };
    const relay = { done: false, lease: 0, fence: 0, parked: new Map<string, string>() };
    const row = { transition, visibleFrom: this.operations + hiddenFor, relay };
    this.rows.set(transition.id, row);
    for (const one of transition.claims) this.claims.set(one, row);
    return { outcome: 'appended' };
  }

  /** All visible transitions of a payment, oldest first. */
  history(paymentId: string): Transition[] {
    return this.visible()
      .filter(({ transition }) => transition.paymentId === paymentId)
      .map(({ transition }) => transition)
      .sort((a, b) => a.seq - b.seq);
  }

  visible(): Row[] {
    return [...this.rows.values()].filter((row) => row.visibleFrom <= this.operations);
  }

  project(transition: Transition): void {
    const old = this.projections.get(transition.paymentId);
    const newer = old !== undefined && old.seq >= transition.seq;
    if (newer && this.mutant !== 'blindProjection') return;
    if (newer && old.seq > transition.seq) this.violations.push(`${transition.paymentId}: the projection went back`);
    this.projections.set(transition.paymentId, transition);
  }

  claimsUnder(prefix: string) {
    return this.visible()
      .flatMap(({ transition: { claims, paymentId, seq } }) =>
        claims.filter((claim) => claim.startsWith(prefix)).map((claim) => ({ claim, paymentId, seq })),
      )
      .sort((a, b) => (a.claim < b.claim ? -1 : 1));
  }
}

/** The store ports over the simulated database, every call one atomic step. */
export function createSimulatedStore(database: SimulatedDatabase): TransitionStore & { relay: RelayStore } {
  const step = async <T>(act: () => T): Promise<T> => {
    database.operations += 1;
    return act();
  };
  return {
    append: (batch) => step(() => batch.map((one) => database.insert(one))),
    tail: (paymentId) => step(() => database.history(paymentId).at(-1) ?? null),
    at: (paymentId, seq) =>
      step(() => database.history(paymentId).find(({ id }) => id === transitionId(paymentId, seq)) ?? null),
    after: (paymentId, seq, limit) =>
      step(() =>
        database
          .history(paymentId)
          .filter((one) => one.seq > seq)
          .slice(0, limit)
          .map(stepOf),
      ),
    claimant: (claim) =>
      step(() => {
        const row = database.claims.get(claim);
        if (row === undefined || row.visibleFrom > database.operations) return null;
        return { paymentId: row.transition.paymentId, seq: row.transition.seq };
      }),
    highestClaim: (prefix) => step(() => database.claimsUnder(prefix).at(-1) ?? null),
    claimsUnder: (prefix) => step(() => database.claimsUnder(prefix)),
    project: (transition) => step(() => database.project(transition)),
    relay: createSimulatedRelay(database),
  };
}

function createSimulatedRelay(database: SimulatedDatabase): RelayStore {
  const undone = () =>
    database
      .visible()
      .filter((row) => !row.relay.done)
      .sort((a, b) => (a.transition.id < b.transition.id ? -1 : 1));
  const take = (row: Row, until: number): LeasedTransition => {
    row.relay.lease = until;
    row.relay.fence += 1;
    return { transition: row.transition, fence: row.relay.fence };
  };
  const firstOf = (paymentId: string) => undone().find(({ transition }) => transition.paymentId === paymentId);
  const free = (row: Row, now: number) => row.relay.lease <= now && firstOf(row.transition.paymentId) === row;
  const fenced = ({ transition, fence }: LeasedTransition) => {
    const row = database.rows.get(transition.id);
    return row !== undefined && !row.relay.done && row.relay.fence === fence ? row : null;
  };
  return {
    async lease(now, leaseMs) {
      const row = undone().find((one) => free(one, now));
      return row === undefined ? null : take(row, now + leaseMs);
    },
    async renew(leased, until) {
      const row = fenced(leased);
      if (row !== null) row.relay.lease = until;
      return row !== null;
    },
    async done(leased) {
      const row = fenced(leased);
      if (row !== null) Object.assign(row.relay, { done: true, lease: 0 });
      return row !== null;
    },
    async park(transitionId, effectKey, reason) {
      const parked = database.rows.get(transitionId)?.relay.parked;
      if (parked !== undefined && !parked.has(effectKey)) parked.set(effectKey, reason);
    },
  };
}
