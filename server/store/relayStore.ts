import { randomUUID } from 'node:crypto';
import type { Collection, Db } from 'mongodb';
import type { LeasedTransition, RelayStore } from '../ports.ts';
import { readLimitMs } from './connection.ts';
import { refusingWhenDown } from './outage.ts';
import { fromDocument, type TransitionDocument } from './transitionDocument.ts';
import { transitionCollection, transitionIndexes } from './transitionSchema.ts';
import { strangeEffect, strangeWord, wordFields } from './vocabulary.ts';

/** Undone transitions read at a time, and pages read for one call, twice when it comes to the end of the backlog. */
const pageSize = 50;
const maxPages = 10;

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

const byId = { _id: 1 } as const;

/** An undone transition as the search sees it. */
interface Candidate {
  readonly id: string;
  readonly paymentId: string;
  readonly lease: number;
}

/** The relay's side of the log on MongoDB; the search runs over the partial index, so its cost follows the backlog. */
export function createRelayStore(database: Db): RelayStore {
  const log = database.collection<TransitionDocument>(transitionCollection);
  const fenced = ({ transition, fence }: LeasedTransition) => ({
    _id: transition.id,
    'relay.done': false,
    'relay.fence': fence,
  });

  /** Where the last search stopped; from the end of the backlog it begins anew. */
  let reached = '';

  return refusingWhenDown({
    /**
     * Round after round over the backlog: a search goes on where the last one stopped, so that whatever is taken, held, or left to a newer
     * version, and however much comes meanwhile, everything has its turn within one round.
     */
    async lease(now: number, leaseMs: number, atMost: number) {
      const begun = reached;
      const ahead = await takeFree(log, begun, { now, until: now + leaseMs, atMost });
      reached = ahead.stoppedAt;
      const wanted = { now, until: now + leaseMs, atMost: atMost - ahead.leased.length };
      const isWhole = begun === '' || reached !== '' || wanted.atMost === 0;
      if (isWhole) return takenOr(ahead);
      const anew = await takeFree(log, '', wanted);
      reached = anew.stoppedAt;
      return takenOr({ ...anew, leased: [...ahead.leased, ...anew.leased] });
    },
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

/** What one search took, where the next one goes on (empty at the end of the backlog), and what ended it early. */
interface Found {
  readonly leased: readonly LeasedTransition[];
  readonly stoppedAt: string;
  readonly failure: { readonly reason: unknown } | null;
}

/** What was taken is worked on, also when not everything could be: given up, it would count an attempt and lie idle for its lease. */
function takenOr({ leased, failure }: Found): readonly LeasedTransition[] {
  if (failure !== null && leased.length === 0) throw failure.reason;
  return leased;
}

/** Takes what is free behind `from`, oldest first, until it has enough, has read its pages, or something fails. */
async function takeFree(log: Collection<TransitionDocument>, from: string, wanted: Wanted): Promise<Found> {
  const { now, atMost } = wanted;
  const leased: LeasedTransition[] = [];
  let stoppedAt = from;
  try {
    for (let page = 0; page < maxPages; page++) {
      const rows = await undone(log, stoppedAt);
      const free = oldestPerPayment(rows).filter(({ lease }) => lease <= now);
      while (free.length > 0) {
        const chosen = free.splice(0, atMost - leased.length);
        const { taken, failure } = await takeAll(log, chosen, wanted);
        leased.push(...taken);
        if (failure !== null || leased.length === atMost)
          return { leased, stoppedAt: behind(chosen.at(-1)?.paymentId), failure };
      }
      if (rows.length < pageSize) return { leased, stoppedAt: '', failure: null };
      stoppedAt = behind(rows.at(-1)?.p);
    }
    return { leased, stoppedAt, failure: null };
  } catch (reason) {
    return { leased, stoppedAt, failure: { reason } };
  }
}

/** Where the steps of a payment end in the order of ids. */
const behind = (paymentId = '') => `${paymentId};`;

type UndoneRow = Pick<TransitionDocument, '_id' | 'p' | 'relay' | 'format' | 'kind' | 'state' | 'effects'>;

function undone(log: Collection<TransitionDocument>, after: string) {
  const projection = { p: 1, 'relay.lease': 1, 'effects.type': 1, ...wordFields };
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
    if (!oldest.has(p)) oldest.set(p, isKnown ? { id: _id, paymentId: p, lease: relay.lease } : null);
  }
  return [...oldest.values()].filter((candidate) => candidate !== null);
}

/** Takes those of them that are still free by one write, and reads what it got: `holder` tells one taking from every other. */
async function takeAll(log: Collection<TransitionDocument>, candidates: readonly Candidate[], wanted: Wanted) {
  const ids = candidates.map(({ id }) => id);
  const holder = randomUUID();
  const free = { _id: { $in: ids }, 'relay.done': false, 'relay.lease': { $lte: wanted.now } };
  const update = { $set: { 'relay.lease': wanted.until, 'relay.holder': holder }, $inc: { 'relay.fence': 1 } };
  await log.updateMany(free, update, { hint: byId });
  const mine = { _id: { $in: ids }, 'relay.holder': holder };
  const documents = await log.find(mine, { hint: byId, sort: { _id: 1 }, maxTimeMS: readLimitMs }).toArray();
  const taken: LeasedTransition[] = [];
  let failure: Found['failure'] = null;
  for (const row of documents) {
    try {
      taken.push({ transition: fromDocument(row), fence: row.relay.fence });
    } catch (reason) {
      // One that cannot be read holds up its own payment alone.
      failure = { reason };
    }
  }
  return { taken, failure };
}
