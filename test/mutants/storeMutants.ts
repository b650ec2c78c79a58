import type { Transition } from '../../server/domain/transition.ts';
import type { AppendResult } from '../../server/ports.ts';
import { type Parts, realParts } from '../model/parts.ts';
import { createSimulatedHints, createSimulatedStore, type Row, SimulatedDatabase } from '../support/simulatedStore.ts';
import type { Mutant } from './mutant.ts';

/** Parts whose log gives other answers to an append than the database did. */
const answering = (change: (results: AppendResult[]) => AppendResult[]): Parts => ({
  ...realParts,
  createLog: (database) => {
    const log = createSimulatedStore(database);
    return { ...log, append: async (batch) => change(await log.append(batch)) };
  },
});

class NoSequenceFence extends SimulatedDatabase {
  protected override isTaken(): boolean {
    return false;
  }
}

class NoClaimFence extends SimulatedDatabase {
  protected override takenClaim(): string | null {
    return null;
  }
}

class EmptyListsCollide extends SimulatedDatabase {
  protected override takenClaim(transition: Transition): string | null {
    const otherIsEmpty = transition.claims.length === 0 && [...this.rows.values()].some(hasNoClaims);
    return otherIsEmpty ? 'undefined' : super.takenClaim(transition);
  }
}
const hasNoClaims = ({ transition }: Row) => transition.claims.length === 0;

class OnlyFirstClaimCounts extends SimulatedDatabase {
  protected override takenClaim(transition: Transition): string | null {
    return super.takenClaim({ ...transition, claims: transition.claims.slice(0, 1) });
  }
}

class BlindProjection extends SimulatedDatabase {
  protected override isNews(): boolean {
    return true;
  }
}

class NextProjectionOnly extends SimulatedDatabase {
  protected override isNews(old: Transition | undefined, transition: Transition): boolean {
    return (old?.seq ?? 0) === transition.seq - 1;
  }
}

class LocalReads extends SimulatedDatabase {
  protected override isVisible(): boolean {
    return true;
  }
}

class LaggingReads extends SimulatedDatabase {
  override tail(paymentId: string): Transition | null {
    const log = this.rowsOf(paymentId);
    const lags = this.operations % 3 === 0 && log.length > 1;
    return log.at(lags ? -2 : -1)?.transition ?? null;
  }
}

const databaseOf = (Broken: new () => SimulatedDatabase) => () => ({
  ...realParts,
  createDatabase: () => new Broken(),
});

/** Databases that break one promise of the server or of our indexes. */
export const storeMutants: readonly Mutant[] = [
  {
    name: 'no fence',
    breaks: 'Two transitions of a payment may have the same number: `_id` is not unique.',
    build: databaseOf(NoSequenceFence),
  },
  {
    name: 'no claims',
    breaks: 'Two transitions may claim the same fact: the index over `claims` is not unique.',
    build: databaseOf(NoClaimFence),
  },
  {
    name: 'empty claims collide',
    breaks: 'The index over `claims` has no partial filter, so that two transitions without claims collide.',
    build: databaseOf(EmptyListsCollide),
  },
  {
    name: 'one claim counts',
    breaks: 'Of the claims of a transition only the first is looked up: the index is not one over every entry.',
    build: databaseOf(OnlyFirstClaimCounts),
  },
  {
    name: 'blind projection',
    breaks: 'The row in `payments` is written whatever version stands there.',
    build: databaseOf(BlindProjection),
  },
  {
    name: 'projection of the next only',
    breaks: 'The row in `payments` is written only over the version just before, so that one that was missed stops it.',
    build: databaseOf(NextProjectionOnly),
  },
  {
    name: 'local reads',
    breaks: 'Reads see what no majority has yet and what may be rolled back.',
    build: databaseOf(LocalReads),
  },
  {
    name: 'lagging reads',
    breaks: 'The newest transition is read from a member that lags, and answers rest on it.',
    build: databaseOf(LaggingReads),
  },
  {
    name: 'any tail is the newest',
    breaks: 'Whether a transition still is the newest is answered without a look for its successor.',
    build: () => ({
      ...realParts,
      createHints: (database) => ({
        ...createSimulatedHints(database),
        isTail: async ({ paymentId, hash }) => database.history(paymentId).some((one) => one.hash === hash),
      }),
    }),
  },
  {
    name: 'batch answered as one',
    breaks: 'All transitions that were appended together are answered as the first of them.',
    build: () => answering((results) => results.flatMap(() => results[0] ?? [])),
  },
  {
    name: 'lost reply taken for success',
    breaks: 'An append whose outcome is unknown is answered as appended.',
    build: () =>
      answering((results) => results.map((one) => (one.outcome === 'unknown' ? { outcome: 'appended' } : one))),
  },
];
