import { AppError } from '../errors.ts';
import type { Place } from '../ports/pages.ts';
import { readCursor, writeCursor } from './cursors.ts';
import type { Operation } from './policies.ts';

/** The cursor of a batch that goes on behind a place; null at the end. */
export function batchCursor(operation: Operation, place: Place | null): string | null {
  return place && writeCursor({ place, offset: 0, total: 0 }, [operation]);
}

/** The place behind which a batch begins; null without a cursor. */
export function placeOfBatch(operation: Operation, cursor: string | undefined): Place | null {
  if (cursor === undefined) return null;
  const read = readCursor(cursor, [operation]);
  if (read !== null) return read.place;
  const detail = 'must be the nextCursor of the batch before';
  throw new AppError('validation_failed', `cursor ${detail}.`, {
    details: { errors: [{ pointer: '#/cursor', detail }] },
  });
}
