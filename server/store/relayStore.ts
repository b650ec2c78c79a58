import type { Collection, Db } from 'mongodb';
import type { LeasedTransition, RelayStore } from '../ports.ts';
import { readLimitMs } from './connection.ts';
import { refusingWhenDown } from './outage.ts';
import { fromDocument, type TransitionDocument } from './transitionDocument.ts';
import { transitionCollection, transitionIndexes } from './transitionSchema.ts';
import { strangeEffect, strangeWord, wordFields } from './vocabulary.ts';

/** Undone transitions read at a time, and pages read for one lease: together a bound on the work of one call. */
const pageSize = 50;
const maxPages = 20;

/**
 * Without the hint the planner may walk `_id` over everything that was ever done. The newest marks are wanted, not those that a majority
 * knows: otherwise what was done a moment ago would be searched again.
 */
const overBacklog = { hint: transitionIndexes.undone, maxTimeMS: readLimitMs, readConcern: 'local' } as const;

/**
 * A mark that is lost with its server is made again, after effects that change nothing when they are repeated. Taking waits for the disk:
 * what was taken was appended for good, whatever the search saw.
 */
const inMemory = { writeConcern: { w: 1, journal: false } } as const;

/** An undone transition as the search sees it. */
interface Candidate {
  readonly id: string;
  readonly paymentId: string;
  readonly lease: number;
  readonly fence: number;
}

/** The relay's side of the log on MongoDB; the search runs over the partial index, so its cost follows the backlog. */
export function createRelayStore(database: Db): RelayStore {
  const log = database.collection<TransitionDocument>(transitionCollection);
  const fenced = ({ transition, fence }: LeasedTransition) => ({
    _id: transition.id,
    'relay.done': false,
    'relay.fence': fence,
  });

  return refusingWhenDown({
    lease: (now: number, leaseMs: number, atMost: number) => takeOldest(log, { now, until: now + leaseMs, atMost }),
    async renew(leased: LeasedTransition, until: number) {
      const result = await log.updateOne(fenced(leased), { $set: { 'relay.lease': until } }, inMemory);
      return result.matchedCount === 1;
    },
    async done(leased: LeasedTransition) {
      const result = await log.updateOne(fenced(leased), { $set: { 'relay.done': true, 'relay.lease': 0 } }, inMemory);
      return result.matchedCount === 1;
    },
    async park(transitionId: string, effectKey: string, reason: string, atMs: number) {
      const notYet = { _id: transitionId, 'relay.parked.effectKey': { $ne: effectKey } };
      await log.updateOne(notYet, { $push: { 'relay.parked': { effectKey, reason, atMs } } });
    },
  });
}

/** Whose lease is over `now` may be taken `until` then. */
interface Wanted {
  readonly now: number;
  readonly until: number;
  readonly atMost: number;
}

async function takeOldest(log: Collection<TransitionDocument>, { now, until, atMost }: Wanted) {
  const leased: LeasedTransition[] = [];
  let after = '';
  for (let page = 0; page < maxPages; page++) {
    const rows = await undone(log, after);
    const free = oldestPerPayment(rows).filter(({ lease }) => lease <= now);
    while (free.length > 0 && leased.length < atMost) {
      const chosen = free.splice(0, atMost - leased.length);
      const taken = await Promise.all(chosen.map((candidate) => take(log, candidate, until)));
      leased.push(...taken.filter((one) => one !== null));
    }
    const last = rows.at(-1);
    if (leased.length === atMost || rows.length < pageSize || last === undefined) break;
    after = `${last.p};`;
  }
  return leased;
}

type UndoneRow = Pick<TransitionDocument, '_id' | 'p' | 'relay' | 'format' | 'kind' | 'state' | 'effects'>;

function undone(log: Collection<TransitionDocument>, after: string) {
  const projection = { p: 1, 'relay.lease': 1, 'relay.fence': 1, 'effects.type': 1, ...wordFields };
  return log
    .find(
      { 'relay.done': false, _id: { $gt: after } },
      { ...overBacklog, projection, sort: { _id: 1 }, limit: pageSize },
    )
    .toArray();
}

/**
 * Rows come in order of `_id`, so the first of a payment is its oldest undone one. Done never becomes undone and a transition is
 * appended only after its predecessor, so what is the oldest now stays the oldest: looking before taking is enough. What a newer version
 * wrote is left to it untaken, since every taking counts as an attempt, and holds up what follows in its payment.
 */
function oldestPerPayment(rows: readonly UndoneRow[]): Candidate[] {
  const oldest = new Map<string, Candidate | null>();
  for (const row of rows) {
    const { _id, p, relay } = row;
    const isKnown = strangeWord(row) === null && strangeEffect(row.effects) === null;
    if (!oldest.has(p))
      oldest.set(p, isKnown ? { id: _id, paymentId: p, lease: relay.lease, fence: relay.fence } : null);
  }
  return [...oldest.values()].filter((candidate) => candidate !== null);
}

async function take(log: Collection<TransitionDocument>, candidate: Candidate, until: number) {
  const seen = {
    _id: candidate.id,
    'relay.done': false,
    'relay.fence': candidate.fence,
    'relay.lease': candidate.lease,
  };
  const update = { $set: { 'relay.lease': until }, $inc: { 'relay.fence': 1 } };
  const document = await log.findOneAndUpdate(seen, update, { returnDocument: 'after' });
  return document === null ? null : { transition: fromDocument(document), fence: document.relay.fence };
}
