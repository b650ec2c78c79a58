import type { Collection, Document } from 'mongodb';
import type { State } from '../domain/state.ts';
import type { PaymentRow } from '../models/paymentModel.ts';
import type { Page, PageWanted } from '../ports/pages.ts';
import type { TransitionStore, Versioned } from '../ports.ts';
import { decode } from './codec.ts';
import { readPage } from './pages.ts';
import { createPaymentFilters } from './paymentFilters.ts';
import { demandKnown, strangeWord } from './vocabulary.ts';

/** Entries of a list inside a state that a list of payments shows; ordinary payments have fewer, hostile ones hundreds (of dust). */
const listed = 20;
/** Columns that only repeat what the state says, or that nobody is shown. */
const unlistedColumns = [
  'direction status escrowState custody exception flags marketplaceId buyerId sellerId requestId offerId network token price',
  'expiresAtMs arrivalBlocks settlementOpen atProvider externalIds stateHash hash check',
].flatMap((columns) => columns.split(' '));
const cut = (lists: readonly string[], length: number) => lists.map((list) => [`state.${list}`, { $slice: length }]);
const brief: Document = Object.fromEntries([
  ...unlistedColumns.map((column) => [column, 0]),
  ...cut(['arrivals', 'payouts'], listed),
  ...cut(['seen', 'hints', 'provider.transactions'], 0),
]);
type Stated = Pick<PaymentRow, '_id' | 'format' | 'kind' | 'state'>;
/** Whether this version can read it. */
export const isKnown = (row: Stated) => strangeWord(row) === null;
/** The state that a row copies; throws when a newer version wrote it. */
export function stateOf(row: Stated): State {
  demandKnown(row._id, row);
  return decode(row.state) as State;
}
/** What a row tells of its payment. */
export const versionedOf = (row: PaymentRow): Versioned => ({
  state: stateOf(row),
  seq: row.version,
  createdAtMs: row.openedAtMs,
  updatedAtMs: row.updatedAtMs,
  received: decode(row.received) as bigint,
});

/** Pages of rows that a filter names, as lists show them; `filterOf` makes the filter. */
export function createPaymentLists(rows: Collection<PaymentRow>, claimsUnder: TransitionStore['claimsUnder']) {
  return {
    rows,
    filterOf: createPaymentFilters({ rows, claimsUnder }),
    page: (filter: Document, wanted: PageWanted): Promise<Page<PaymentRow>> =>
      readPage(rows, { filter, time: 'openedAtMs', projection: brief }, wanted),
  };
}
export type PaymentLists = ReturnType<typeof createPaymentLists>;
