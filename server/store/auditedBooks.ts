import type { Collection, Db, Document } from 'mongodb';
import type { AuditedStep, ProjectedRow, RequestRow } from '../domain/invariants/auditedStep.ts';
import type { Violation } from '../domain/invariants/violation.ts';
import type { PaymentStatus, State } from '../domain/state.ts';
import { requestStatuses } from '../domain/trade.ts';
import { type Transition, transitionId } from '../domain/transition.ts';
import type { AuditedBooks, UnreadableStep } from '../ports/audit.ts';
import { brokenFences } from './auditedFences.ts';
import { decode } from './codec.ts';
import { type ConnectionOptions, connectForReports } from './connection.ts';
import { reachable } from './outage.ts';
import { projectionOf } from './projection.ts';
import { fromDocument, type TransitionDocument } from './transitionDocument.ts';
import { transitionCollection } from './transitionSchema.ts';

/**
 * Documents of one question, and of one answer of the server to it. A question reads on from where the last one ended, so that no cursor
 * has to live as long as the audit; an answer of a hundred ordinary transitions is some 500 KB, the server sends at most 16 MB.
 */
const pageSize = 2_000;
const batchSize = 100;
/** Rows of `payments` looked up for their logs at a time; only ids are read. */
const idsAtOnce = 1_000;

type Row = Document & { _id: string };

/** What a transition leaves in `payments`, as it is read back. */
export const projectedFields = (transition: Transition): Readonly<Record<string, unknown>> =>
  decode(projectionOf(transition)) as Record<string, unknown>;

/** Connects for an audit alone: nothing is set up, nothing written. */
export function openAuditedBooks(options: ConnectionOptions) {
  const { database, close } = connectForReports(options);
  return { books: createAuditedBooks(database), close };
}

/** Reads everything that an audit compares, over a connection that may take its time. */
export function createAuditedBooks(database: Db): AuditedBooks {
  const log = database.collection<TransitionDocument>(transitionCollection);
  const payments = database.collection<Row>('payments');

  return {
    steps: (logId) => stepsOf(log, logId),
    rows: (ids) =>
      reachable(async () => {
        const rows = await payments.find({ _id: { $in: [...ids] } }, { batchSize }).toArray();
        return new Map(rows.map((row) => [row._id, toRow(row)]));
      }),
    requests: (ids) => reachable(() => requestsOf(database, ids)),
    rowsWithoutHistory: () => rowsWithoutHistory(payments, log),
    brokenFences: () => reachable(() => brokenFences(database)) as Promise<readonly Violation[]>,
    toldUpTo: (chainId) =>
      reachable(async () => {
        const cursor = await database.collection<Document & { _id: number }>('chain_cursors').findOne({ _id: chainId });
        return typeof cursor?.blockNumber === 'number' ? cursor.blockNumber : null;
      }),
  };
}

/** A document as the audit sees it; one that somebody made unreadable is told by its name. */
function toStep(document: TransitionDocument): AuditedStep | UnreadableStep {
  try {
    const { relay, slot } = document;
    return {
      transition: fromDocument(document),
      done: relay.done,
      parked: relay.parked ?? [],
      slot: slot ?? null,
    };
  } catch (error) {
    return { id: String(document._id), unreadable: error instanceof Error ? error.message : String(error) };
  }
}

async function* stepsOf(log: Collection<TransitionDocument>, logId?: string) {
  const end = logId === undefined ? {} : { $lt: `${logId};` };
  for (let after = logId === undefined ? '' : `${logId}:`; ; ) {
    const question = { sort: { _id: 1 as const }, hint: { _id: 1 as const }, limit: pageSize, batchSize };
    const cursor = log.find({ _id: { $gt: after, ...end } }, question);
    let count = 0;
    try {
      for (;;) {
        const document = await reachable(() => cursor.next());
        if (document === null) break;
        count += 1;
        after = document._id;
        yield toStep(document);
      }
    } finally {
      await cursor.close();
    }
    if (count < pageSize) return;
  }
}

const toRow = (row: Row): ProjectedRow => ({
  version: Number(row.version),
  status: row.status as PaymentStatus,
  state: decode(row.state) as State,
  fields: decode(row) as Record<string, unknown>,
});

async function requestsOf(database: Db, ids: readonly string[]): Promise<ReadonlyMap<string, RequestRow>> {
  const [requests, offers] = await Promise.all([
    database
      .collection<Row>('purchase_requests')
      .find({ _id: { $in: [...ids] } }, { projection: { status: 1, fundedBy: 1 } })
      .toArray(),
    database
      .collection<Row>('seller_offers')
      .find({ requestId: { $in: [...ids] }, status: { $ne: 'rejected' } }, { projection: { requestId: 1, status: 1 } })
      .toArray(),
  ]);
  const unrejected = Map.groupBy(offers, (offer) => String(offer.requestId));
  return new Map(
    requests.map(({ _id, status, fundedBy }) => [
      _id,
      {
        status: requestStatuses.find((known) => known === status) ?? 'open',
        fundedBy: fundedBy ?? null,
        unrejected: (unrejected.get(_id) ?? []).map((offer) => ({ id: offer._id, status: String(offer.status) })),
      },
    ]),
  );
}

async function* rowsWithoutHistory(payments: Collection<Row>, log: Collection<TransitionDocument>) {
  for (let after = ''; ; ) {
    const page = await reachable(() =>
      payments
        .find({ _id: { $gt: after } }, { projection: { _id: 1 }, sort: { _id: 1 }, hint: { _id: 1 }, limit: idsAtOnce })
        .toArray(),
    );
    const ids = page.map((row) => row._id);
    const first = ids.map((id) => transitionId(id, 1));
    const begun = await reachable(() => log.find({ _id: { $in: first } }, { projection: { _id: 1 } }).toArray());
    const known = new Set<string>(begun.map((document) => document._id));
    for (const id of ids) {
      if (known.has(transitionId(id, 1))) continue;
      const any = await reachable(() =>
        log.findOne({ _id: { $gt: `${id}:`, $lt: `${id};` } }, { projection: { _id: 1 } }),
      );
      if (any === null) yield id;
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < idsAtOnce) return;
    after = last;
  }
}
