import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb';
import { BoundedMap } from '../boundedMap.ts';
import type { Transition } from '../domain/transition.ts';
import { createBatches } from './batches.ts';
import { reachable } from './outage.ts';
import { externalIdsOf, projectionOf } from './projection.ts';
import { writeAll } from './upserts.ts';

/** Rows written by one bulk write; while it is on its way the next ones collect. */
const maxBatch = 128;
const oneAtATime = 1;
/**
 * Nobody waits for a row, and to write one costs the database more than to append its transition; so rows wait for company, and two steps of
 * a payment that follow each other at once, as those of an opening do, become one write.
 */
const companyMs = 15;
/** Payments whose newest written version this process remembers, so that its relay need not write the same row again. */
const remembered = 10_000;

export interface Projections {
  /** Writes the row unless a newer one is there; ends when it is written. */
  project(transition: Transition): Promise<void>;
  /** The same, but nothing at all when this process has written this row, or a newer one, before. */
  projectOnce(transition: Transition): Promise<void>;
  /** Ends when every row that is on its way is written or given up; never fails. */
  written(): Promise<void>;
}

type Row = Document & { _id: string };

/** The writes of `payments`, put together into bulk writes. */
export function createProjections(payments: Collection<Row>): Projections {
  const versions = new BoundedMap<string, number>(remembered);
  const company = createCompany();
  let last: Promise<unknown> = Promise.resolve();
  const nothing = () => undefined;

  function remember({ paymentId, seq }: Transition): void {
    versions.set(paymentId, Math.max(seq, versions.get(paymentId) ?? 0));
  }

  const write = createBatches<Transition, void>({
    maxSize: maxBatch,
    maxInFlight: oneAtATime,
    leave: company.gather,
    async run(transitions) {
      await writeRows(payments, transitions);
      return transitions.map(remember);
    },
  });

  function project(transition: Transition): Promise<void> {
    const writing = reachable(() => write(transition));
    const before = last;
    // One bulk write at a time, in order: when the newest is written, all are. One that was refused without being sent says nothing of those before it.
    last = writing.then(nothing, () => before);
    return writing;
  }

  return {
    project,
    async projectOnce(transition) {
      if ((versions.get(transition.paymentId) ?? 0) < transition.seq) await project(transition);
    },
    written: () => company.endFor(last),
  };
}

/** Lets a batch wait for more, unless somebody waits for what is written. */
function createCompany() {
  const nobodyWaits = () => {};
  let leaveNow = nobodyWaits;
  let waiting = 0;
  return {
    gather(start: () => void): void {
      if (waiting > 0) {
        setImmediate(start);
        return;
      }
      const leave = () => {
        clearTimeout(timer);
        leaveNow = nobodyWaits;
        start();
      };
      const timer = setTimeout(leave, companyMs);
      leaveNow = leave;
    },
    async endFor(written: Promise<unknown>): Promise<void> {
      waiting += 1;
      leaveNow();
      try {
        await written;
      } finally {
        waiting -= 1;
      }
    },
  };
}

/** One row a payment: the newest of the batch, with the external ids of all of it. */
interface Pending {
  readonly newest: Transition;
  readonly externalIds: readonly string[];
}

function newestOfEach(transitions: readonly Transition[]): Pending[] {
  const pending = new Map<string, Pending>();
  for (const transition of transitions) {
    const before = pending.get(transition.paymentId);
    const externalIds = [...(before?.externalIds ?? []), ...externalIdsOf(transition.state)];
    const newest = before !== undefined && before.newest.seq > transition.seq ? before.newest : transition;
    pending.set(transition.paymentId, { newest, externalIds });
  }
  return [...pending.values()];
}

/**
 * The guard is `version < seq`, not `seq - 1`: every transition holds the whole state, so a row that missed one catches up with the next.
 * External ids only grow: the provider may still speak of a forward that is dead. `updateMany`, although there is one row of an id: the driver
 * keeps a record in the session of each `updateOne` so that it could repeat it, which a guarded write that the relay repeats does not need.
 */
function updateOf({ newest, externalIds }: Pending, upsert: boolean): AnyBulkWriteOperation<Row> {
  return {
    updateMany: {
      filter: { _id: newest.paymentId, version: { $lt: newest.seq } },
      update: { $set: projectionOf(newest), $addToSet: { externalIds: { $each: [...externalIds] } } },
      upsert,
    },
  };
}

async function writeRows(payments: Collection<Row>, transitions: readonly Transition[]): Promise<void> {
  const pending = newestOfEach(transitions);
  // Written again without an upsert: somebody inserted the row at the same moment, or it is newer already and would only be met once more.
  await writeAll(payments, pending, (one, isAgain) => updateOf(one, !isAgain));
}
