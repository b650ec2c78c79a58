import { createHash } from 'node:crypto';
import type { Place } from '../ports/pages.ts';

/** Where a page begins: behind a row, so many rows into a list that had so many when it was entered. */
export interface Position {
  readonly place: Place;
  readonly offset: number;
  readonly total: number;
}

/**
 * 16 characters that say for which list a cursor was made, then the position. No secret is in it, and it opens no door: what a caller may see is decided
 * by his token on every page, so a position that somebody makes up leads him to another page of his own list.
 */
const form = /^([A-Za-z0-9_-]{16})([A-Za-z0-9_-]{4,160})$/;
const position = /^(\d{1,15})\.(\d{1,9})\.(\d{1,9})\.([A-Za-z0-9_-]{1,64})$/;

const markOf = (text: string, scope: unknown) =>
  createHash('sha256')
    .update(JSON.stringify([text, scope]))
    .digest('base64url')
    .slice(0, 16);

/** The cursor of a position in the list that `scope` names: its operation, reader, order and filters. */
export function writeCursor({ place, offset, total }: Position, scope: unknown): string {
  const text = `${place.atMs}.${offset}.${total}.${place.id}`;
  return markOf(text, scope) + Buffer.from(text).toString('base64url');
}

/** The position of a cursor; null when it is none of ours, or one of another list. */
export function readCursor(cursor: string, scope: unknown): Position | null {
  const [, mark, packed = ''] = form.exec(cursor) ?? [];
  const text = Buffer.from(packed, 'base64url').toString('latin1');
  const [, atMs, offset, total, id] = position.exec(text) ?? [];
  if (id === undefined || mark !== markOf(text, scope)) return null;
  const read = { place: { atMs: Number(atMs), id }, offset: Number(offset), total: Number(total) };
  // Base64 has other spellings of the same bytes.
  return writeCursor(read, scope) === cursor ? read : null;
}
