import { BSON, type Collection, type Condition, type Db, type Document, type Filter } from 'mongodb';
import { type Transition, transitionId } from '../domain/transition.ts';
import type { AppendResult, TailHints, TransitionStore } from '../ports.ts';
import { type Classified, classifyBatch, insertsOf } from './appendOutcome.ts';
import { createBatches } from './batches.ts';
import { readLimitMs } from './connection.ts';
import { createTailHints } from './hints.ts';
import { refusingWhenDown } from './outage.ts';
import { createProjections, type Projections } from './projections.ts';
import { fromDocument, stepProjection, type TransitionDocument, toDocument, toStep } from './transitionDocument.ts';
import { transitionCollection } from './transitionSchema.ts';

/** Largest document we send; the server's own limit is 16 MB and the driver fails above it with a plain RangeError. */
const maxDocumentBytes = 1_048_576;
/** Most documents of one batch (group commit, docs/adr/0013). */
const maxBatch = 64;
/** Most bytes of one batch, so that a small append does not wait behind a pile of large ones. */
const maxBatchBytes = 4 * 1_048_576;
/** Most bytes that wait while the database does not answer. */
const maxWaitingBytes = 32 * 1_048_576;
// Most rows read for prefixes that have no scalar field of their own. The longest are the failed pushes to one account: far beyond
// what a wallet that its issuer froze collects before it is changed.
const maxPrefixRows = 10_000;

/** All `_id`s of one payment; `;` is the character after `:`. */
const idsOf = (paymentId: string) => ({ $gte: `${paymentId}:`, $lt: `${paymentId};` });

/** A claim read must name the partial filter too, otherwise the server scans the whole collection. */
export const holding = (claims: Condition<readonly string[]>): Filter<TransitionDocument> => ({
  claims,
  'claims.0': { $exists: true },
});

/** The log, with what must wait for the writes of its copies. */
export interface TransitionLog {
  readonly transitions: TransitionStore;
  readonly hints: TailHints;
  readonly projections: Projections;
}

/** The append-only log on MongoDB. */
export function createTransitionLog(database: Db): TransitionLog {
  const log = database.collection<TransitionDocument>(transitionCollection);
  const payments = database.collection<Document & { _id: string }>('payments');
  const projections = createProjections(payments);
  const appendOne = createAppend(log);

  const newest = async (filter: Filter<TransitionDocument>): Promise<Transition | null> => {
    const options = { sort: { _id: -1 as const }, maxTimeMS: readLimitMs };
    const found = await log.findOne(filter, options);
    return found === null ? null : fromDocument(found);
  };

  const reads = refusingWhenDown({
    tail: (paymentId: string) => newest({ _id: idsOf(paymentId) }),
    at: (paymentId: string, seq: number) => newest({ _id: transitionId(paymentId, seq) }),
    async after(paymentId: string, seq: number, limit: number) {
      const later = { _id: { $gt: transitionId(paymentId, seq), $lt: `${paymentId};` } };
      const options = { sort: { _id: 1 as const }, projection: stepProjection, limit, maxTimeMS: readLimitMs };
      return (await log.find(later, options).toArray()).map(toStep);
    },
    claimant: createClaimant(log),
    highestClaim: (prefix: string) => highestClaim(log, prefix),
    claimsUnder: (prefix: string) => claimsUnder(log, prefix),
  });

  async function append(batch: readonly Transition[], isWanted?: () => boolean): Promise<AppendResult[]> {
    if (batch.length > maxBatch) throw new RangeError(`A batch holds at most ${maxBatch} transitions.`);
    return Promise.all(batch.map((transition) => appendOne(transition, isWanted)));
  }
  const transitions = { ...reads, append, project: projections.project };
  return { transitions, hints: createTailHints(log, payments), projections };
}

interface Holder {
  readonly paymentId: string;
  readonly seq: number;
}

/** Looks up who holds a claim; look-ups that run at the same time leave as one query. */
function createClaimant(log: Collection<TransitionDocument>) {
  return createBatches<string, Holder | null>({
    maxSize: maxBatch,
    maxInFlight: 2,
    async run(claims) {
      const wanted = holding({ $in: [...new Set(claims)] });
      const projection = { p: 1, seq: 1, claims: 1 };
      const found = await log.find(wanted, { projection, maxTimeMS: readLimitMs, batchSize: maxBatch + 1 }).toArray();
      const holders = new Map(found.flatMap((row) => row.claims.map((one) => [one, row] as const)));
      return claims.map((claim) => {
        const row = holders.get(claim);
        return row === undefined ? null : { paymentId: row.p, seq: row.seq };
      });
    },
  });
}

/** A document with the bytes it takes, measured once. */
interface Sized {
  readonly document: TransitionDocument;
  readonly bytes: number;
  readonly isWanted: (() => boolean) | undefined;
}

/** Appends that run at the same time leave as one unordered insert; each document stays its own atom and gets its own answer. */
function createAppend(log: Collection<TransitionDocument>) {
  const insertTogether = createBatches<Sized, Classified>({
    maxSize: maxBatch,
    maxInFlight: 2,
    weigh: ({ bytes }) => bytes,
    maxWeight: maxBatchBytes,
    maxWaitingWeight: maxWaitingBytes,
    isWanted: ({ isWanted }) => isWanted?.() ?? true,
    run: (batch) =>
      insert(
        log,
        batch.map(({ document }) => document),
      ),
  });

  return async (transition: Transition, isWanted?: () => boolean): Promise<AppendResult> => {
    // Whatever cannot be written as BSON throws here, before it could spoil the batch of others.
    const document = toDocument(transition);
    const bytes = BSON.calculateObjectSize(document, { ignoreUndefined: true });
    if (bytes > maxDocumentBytes) return { outcome: 'tooLarge', bytes };
    const result = await insertTogether({ document, bytes, isWanted });
    if (result.outcome === 'mistake') throw result.error;
    if (result.outcome !== 'someClaimTaken') return result;
    return findTaken(log, document.claims).catch((cause: unknown) => ({ outcome: 'unknown', cause }));
  };
}

async function insert(
  log: Collection<TransitionDocument>,
  documents: readonly TransitionDocument[],
): Promise<Classified[]> {
  try {
    await log.bulkWrite(insertsOf(documents), { ordered: false });
    return documents.map(() => ({ outcome: 'appended' }));
  } catch (error) {
    return classifyBatch(documents, error);
  }
}

/** Names the taken claim when the server's message could not be read; not visible yet means that nobody can say. */
async function findTaken(log: Collection<TransitionDocument>, claims: readonly string[]): Promise<AppendResult> {
  const holder = await log.findOne(holding({ $in: [...claims] }), {
    projection: { claims: 1 },
    maxTimeMS: readLimitMs,
  });
  const taken = claims.find((claim) => holder?.claims.includes(claim));
  if (taken !== undefined) return { outcome: 'claimTaken', claim: taken };
  return { outcome: 'unknown', cause: new Error('A claim is taken, but its holder cannot be seen yet.') };
}

/**
 * A sort over a multikey index cannot run backwards from the end of a range, it would read every claim of the prefix. Slots, which grow
 * without bound, therefore have a scalar field with an index of its own; other prefixes are small and are read whole.
 */
async function highestClaim(log: Collection<TransitionDocument>, prefix: string) {
  if (!prefix.startsWith('slot:')) return (await claimsUnder(log, prefix)).at(-1) ?? null;
  const found = await log.findOne(
    { slot: { $gte: prefix, $lt: `${prefix}\uffff` } },
    { sort: { slot: -1 }, projection: { p: 1, seq: 1, slot: 1 }, maxTimeMS: readLimitMs },
  );
  return found?.slot === undefined ? null : { claim: found.slot, paymentId: found.p, seq: found.seq };
}

async function claimsUnder(log: Collection<TransitionDocument>, prefix: string) {
  // Both bounds in one $elemMatch: else the server may use only one, and takes rows for hits that have claims on both sides of the range.
  const range = { $elemMatch: { $gte: prefix, $lt: `${prefix}\uffff` } };
  const limit = maxPrefixRows + 1;
  const found = await log
    .find(holding(range), { projection: { p: 1, seq: 1, claims: 1 }, limit, maxTimeMS: readLimitMs })
    .toArray();
  // A part of them would be taken for all.
  if (found.length === limit)
    throw new RangeError(`More than ${maxPrefixRows} transitions hold claims under ${prefix}`);
  const held = found.flatMap((row) =>
    row.claims.filter((claim) => claim.startsWith(prefix)).map((claim) => ({ claim, paymentId: row.p, seq: row.seq })),
  );
  return held.sort((a, b) => (a.claim < b.claim ? -1 : 1));
}
