import { balanced, type Leg } from '../../server/domain/ledger.ts';
import { type Outline, outlineFields } from '../../server/domain/state.ts';
import { type Step, type Transition, transitionId } from '../../server/domain/transition.ts';
import { AppError } from '../../server/errors.ts';
import type { AppendResult, RelayStore, TailHints, TransitionStore } from '../../server/ports.ts';
import { createSimulatedRelay, type RelayMark } from './simulatedRelay.ts';

/** One stored transition with the part of it that changes. */
export interface Row {
  readonly transition: Transition;
  /** Written, but by no majority yet: fences see it, majority reads do not. */
  hidden: boolean;
  readonly relay: RelayMark;
}

/** The bounds of the collection's validator. */
const amountBound = 10n ** 30n;
const mostEntries = 64;
const isSound = (legs: readonly Leg[]) =>
  balanced(legs) && legs.every(({ amount }) => amount <= amountBound && amount >= -amountBound);

const busy = () => new AppError('busy', 'The database cannot be reached.');

/**
 * The database of the model: what MongoDB does to our collections, in memory, one atomic operation at a time. The protected methods are the
 * promises of the server that a deliberately broken database takes back.
 */
export class SimulatedDatabase {
  readonly rows = new Map<string, Row>();
  readonly claims = new Map<string, Row>();
  readonly projections = new Map<string, Transition>();
  readonly logs = new Map<string, Row[]>();
  operations = 0;
  /** Whether calls arrive at all. */
  isReachable = true;
  #partition: { readonly until: number; readonly kept: boolean } | null = null;

  insert(transition: Transition): AppendResult {
    if (!this.isReachable) return { outcome: 'unknown', cause: busy() };
    this.begin();
    if (!this.accepts(transition)) throw new Error(`The database refused transition ${transition.id}.`);
    if (this.isTaken(transition)) return { outcome: 'sequenceTaken' };
    const claim = this.takenClaim(transition);
    if (claim !== null) return { outcome: 'claimTaken', claim };
    const hidden = this.#partition !== null;
    this.store({ transition, hidden, relay: { done: false, lease: 0, fence: 0, parked: new Map() } });
    return hidden ? { outcome: 'unknown', cause: busy() } : { outcome: 'appended' };
  }

  /**
   * For so many operations the primary has lost its majority: it goes on answering, confirms no write, and shows none to majority reads. Then
   * the others take over what it wrote, or know nothing of it.
   */
  partition(operations: number, kept: boolean): void {
    this.#partition ??= { until: this.operations + operations, kept };
  }

  /** Ends a partition, if there is one. */
  heal(): void {
    if (this.#partition === null) return;
    const { kept } = this.#partition;
    this.#partition = null;
    for (const row of [...this.rows.values()].filter(({ hidden }) => hidden)) {
      if (kept) row.hidden = false;
      else this.remove(row);
    }
  }

  /** Counts an operation; writes other than appends wait for the majority and are given up without it. */
  begin(isWrite = false): void {
    if (!this.isReachable) throw busy();
    this.operations += 1;
    if (this.#partition !== null && this.operations >= this.#partition.until) this.heal();
    if (isWrite && this.#partition !== null) throw busy();
  }

  /** All transitions of a payment that a majority has, oldest first. */
  history(paymentId: string): Transition[] {
    return this.rowsOf(paymentId).map(({ transition }) => transition);
  }

  /** The newest transition of a payment that a majority has. */
  tail(paymentId: string): Transition | null {
    return this.rowsOf(paymentId).at(-1)?.transition ?? null;
  }

  /** The rows of one payment, by number, as reads see them. */
  rowsOf(paymentId: string): Row[] {
    return (this.logs.get(paymentId) ?? []).filter((row) => this.isVisible(row));
  }

  claimant(claim: string): Transition | null {
    const row = this.claims.get(claim);
    return row !== undefined && this.isVisible(row) ? row.transition : null;
  }

  project(transition: Transition): void {
    const old = this.projections.get(transition.paymentId);
    if (this.isNews(old, transition)) this.projections.set(transition.paymentId, transition);
  }

  claimsUnder(prefix: string) {
    return [...this.claims]
      .filter(([claim, row]) => claim.startsWith(prefix) && this.isVisible(row))
      .map(
        ([
          claim,
          {
            transition: { paymentId, seq },
          },
        ]) => ({ claim, paymentId, seq }),
      )
      .sort((a, b) => (a.claim < b.claim ? -1 : 1));
  }

  /** Takes over everything that another database holds. */
  copy(other: SimulatedDatabase): void {
    for (const { transition, hidden, relay } of other.rows.values()) {
      this.store({ transition, hidden, relay: { ...relay, parked: new Map(relay.parked) } });
    }
    for (const [paymentId, transition] of other.projections) this.projections.set(paymentId, transition);
    this.operations = other.operations;
  }

  protected accepts({ legs, claims, effects }: Transition): boolean {
    return isSound(legs) && [legs, claims, effects].every(({ length }) => length <= mostEntries);
  }

  protected isTaken({ id }: Transition): boolean {
    return this.rows.has(id);
  }

  protected takenClaim({ claims }: Transition): string | null {
    return [...claims].sort().find((one) => this.claims.has(one)) ?? null;
  }

  protected isVisible({ hidden }: Row): boolean {
    return !hidden;
  }

  protected isNews(old: Transition | undefined, transition: Transition): boolean {
    return old === undefined || old.seq < transition.seq;
  }

  protected store(row: Row): void {
    const { id, paymentId, seq, claims } = row.transition;
    this.rows.set(id, row);
    for (const one of claims) this.claims.set(one, row);
    const log = this.logs.get(paymentId) ?? [];
    const at = log.findIndex(({ transition }) => transition.seq > seq);
    log.splice(at === -1 ? log.length : at, 0, row);
    this.logs.set(paymentId, log);
  }

  private remove(row: Row): void {
    const { id, paymentId, claims } = row.transition;
    if (this.rows.get(id) === row) this.rows.delete(id);
    for (const one of claims) if (this.claims.get(one) === row) this.claims.delete(one);
    const log = this.logs.get(paymentId) ?? [];
    log.splice(log.indexOf(row), 1);
  }
}

function stepOf({ paymentId, seq, kind, atMs, effects, state }: Transition): Step {
  const outline = outlineFields.flatMap((field) => (field in state ? [[field, Reflect.get(state, field)]] : []));
  return { paymentId, seq, kind, atMs, effects, state: Object.fromEntries(outline) as Outline };
}

const holderOf = (held: Transition | null) => held && { paymentId: held.paymentId, seq: held.seq };

/** The store ports over the simulated database, every call one atomic step. */
export function createSimulatedStore(database: SimulatedDatabase): TransitionStore & { relay: RelayStore } {
  const read = async <T>(act: () => T): Promise<T> => {
    database.begin();
    return act();
  };
  return {
    append: (batch) => Promise.all(batch.map(async (one) => database.insert(one))),
    tail: (paymentId) => read(() => database.tail(paymentId)),
    at: (paymentId, seq) =>
      read(() => database.history(paymentId).find(({ id }) => id === transitionId(paymentId, seq)) ?? null),
    after: (paymentId, seq, limit) =>
      read(() =>
        database
          .history(paymentId)
          .filter((one) => one.seq > seq)
          .slice(0, limit)
          .map(stepOf),
      ),
    claimant: (claim) => read(() => holderOf(database.claimant(claim))),
    highestClaim: (prefix) => read(() => database.claimsUnder(prefix).at(-1) ?? null),
    claimsUnder: (prefix) => read(() => database.claimsUnder(prefix)),
    async project(transition) {
      database.begin(true);
      database.project(transition);
    },
    relay: createSimulatedRelay(database),
  };
}

/** The quick reads over the simulated database: the copy in `payments`, and whether a tail still is the newest for a majority. */
export function createSimulatedHints(database: SimulatedDatabase): TailHints {
  return {
    async hint(id) {
      database.begin();
      const copy = database.projections.get(id);
      if (copy === undefined) return null;
      const { paymentId, seq, hash, stateHash, state } = copy;
      return { paymentId, seq, hash, stateHash, state };
    },
    async isTail({ paymentId, seq, hash }) {
      database.begin();
      const log = database.history(paymentId);
      return log.some((one) => one.seq === seq && one.hash === hash) && !log.some((one) => one.seq === seq + 1);
    },
  };
}
