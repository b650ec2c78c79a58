import { AppError } from '../errors.ts';
import { countedRows, type Page, type PageWanted } from '../ports/pages.ts';
import type { Actor } from '../ports.ts';
import { type Position, readCursor, writeCursor } from './cursors.ts';
import type { Operation } from './policies.ts';
import type { ListQuery, Sort } from './schemas/lists.ts';

/** A call of a list: whatever stands in `params` and `query` beside the page is its filter. */
interface ListCall {
  readonly actor: Actor;
  readonly params: object;
  readonly query: ListQuery;
}

const orders = { '-createdAt': 'newestFirst', createdAt: 'oldestFirst' } as const satisfies Record<
  Sort,
  PageWanted['order']
>;

function refuseCursor(detail: string): never {
  const message = `cursor ${detail}`;
  throw new AppError('validation_failed', message, { details: { errors: [{ pointer: '#/query/cursor', detail }] } });
}

/** Where the page begins; null without a cursor. */
function positionOf({ cursor, offset }: ListQuery, scope: unknown): Position | null {
  if (cursor === undefined) return null;
  if (offset > 0) refuseCursor('must not be sent with an offset: it begins behind its page');
  return (
    readCursor(cursor, scope) ?? refuseCursor('must be the nextCursor of this list, with the same filters and sort')
  );
}

/** Answers one page of a list; every list of the API goes through here. */
export async function answerList<T>(
  operation: Operation,
  { actor, params, query }: ListCall,
  read: (wanted: PageWanted) => Promise<Page<T>>,
  present: (item: T) => object,
) {
  const { limit, offset, cursor: _, ...filters } = query;
  const scope = [operation, actor.userId, actor.role, params, filters];
  const from = positionOf(query, scope);
  const order = orders[query.sort];
  const { items, next, total } = await read({ limit, order, offset, after: from?.place ?? null });
  const counted = total ?? from?.total ?? 0;
  const before = from?.offset ?? offset;
  const onwards = next && { place: next, offset: before + items.length, total: counted };
  const pagination = {
    total: Math.min(counted, countedRows),
    ...(counted > countedRows ? { totalIsMinimum: true } : {}),
    limit,
    offset: before,
    nextCursor: onwards && writeCursor(onwards, scope),
  };
  return { success: true, data: items.map(present), pagination };
}
