import type { Collection, Document, Filter } from 'mongodb';
import { countedRows, type Page, type PageWanted, type Place } from '../ports/pages.ts';
import { readLimitMs } from './connection.ts';

/** What a list is made of: which rows, and the time by which they are sorted; an index holds what `filter` names, then time and `_id`. */
export interface List {
  readonly filter: Document;
  readonly time: string;
  /** Fields to leave out or to cut; never the time. */
  readonly projection?: Document;
}

/**
 * Reads one page by one query: it asks for a row more than is shown, and what it does not get says that the list ends here. Only a list that goes
 * on is counted, by its index alone, and only when it is entered. A page behind a place starts there in the index (keyset).
 */
export async function readPage<R extends { _id: string }>(
  rows: Collection<R>,
  list: List,
  wanted: PageWanted,
): Promise<Page<R>> {
  const { limit, offset, after } = wanted;
  const direction = wanted.order === 'newestFirst' ? -1 : 1;
  const { filter, time, projection } = list;
  const found = await rows
    .find((after === null ? filter : behind(filter, beyond(after, time, direction))) as Filter<R>, {
      ...(projection === undefined ? {} : { projection }),
      sort: { [time]: direction, _id: direction },
      skip: offset,
      limit: limit + 1,
      // All in the first answer.
      batchSize: limit + 2,
      maxTimeMS: readLimitMs,
    })
    .toArray();
  const items = found.slice(0, limit) as R[];
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? null : placeOf(last, time), total: await total() };

  async function total(): Promise<number | null> {
    if (after !== null) return null;
    const ends = last === undefined && (found.length > 0 || offset === 0);
    if (ends) return offset + found.length;
    return rows.countDocuments(filter as Filter<R>, { limit: countedRows + 1, maxTimeMS: readLimitMs });
  }
}

const placeOf = (row: { _id: string }, time: string): Place => ({ atMs: Number(Reflect.get(row, time)), id: row._id });

/** The bound of a page beside that of the list; where a list is what one of several filters finds, in each, so that each is a scan of its own. */
function behind(filter: Document, bound: Document): Document {
  if (Array.isArray(filter.$or)) return { $or: filter.$or.map((part: Document) => behind(part, bound)) };
  return Object.keys(bound).some((field) => field in filter) ? { $and: [filter, bound] } : { ...filter, ...bound };
}

/**
 * Rows behind a place. The bound on the time is a range of the index; of the same moment those before the place are left out by a negation, which
 * the planner never takes for a second range that would have to be merged with the first.
 */
function beyond({ atMs, id }: Place, time: string, direction: 1 | -1): Document {
  const [onwards, upTo] = direction === -1 ? ['$lte', '$gte'] : ['$gte', '$lte'];
  return { [time]: { [onwards]: atMs }, $nor: [{ [time]: atMs, _id: { [upTo]: id } }] };
}
