import { z } from 'zod';
import { countedRows } from '../../ports/pages.ts';
import { pageLimit, wholeNumber } from './fields.ts';

const sorts = ['-createdAt', 'createdAt'] as const;
export type Sort = (typeof sorts)[number];

/** What every list takes beside its filters. */
export const listQuery = {
  limit: pageLimit,
  offset: wholeNumber(
    0,
    countedRows,
    0,
    'Rows to pass by; the further, the slower. A cursor costs the same everywhere',
  ),
  cursor: z
    .string()
    .max(200)
    .exactOptional()
    .meta({ description: 'The `nextCursor` of the page before, with the same filters and sort; `limit` may differ' }),
  sort: z.enum(sorts).default('-createdAt').meta({ description: 'Newest first, or oldest first' }),
};
export interface ListQuery {
  readonly limit: number;
  readonly offset: number;
  readonly cursor?: string;
  readonly sort: Sort;
}

const whole = z.number().int();

/** Pages of lists. */
const pagination = z
  .strictObject({
    total: whole.meta({
      description: `Rows of the whole list when its first page was read; with \`totalIsMinimum\` there are more than ${countedRows}, which are not counted`,
    }),
    totalIsMinimum: z.literal(true).exactOptional(),
    limit: whole,
    offset: whole.meta({ description: 'Rows before this page, as far as they were passed by' }),
    nextCursor: z.string().nullable().meta({ description: 'Where the next page begins; null on the last' }),
  })
  .meta({ id: 'Pagination' });

/** `{success, data, pagination}`. */
export const listAnswer = <T extends z.ZodType>(item: T) =>
  z.strictObject({ success: z.literal(true), data: z.array(item), pagination });
