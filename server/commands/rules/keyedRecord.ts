import { hash } from 'node:crypto';
import type { Ids } from '../../ports.ts';
import { keyReused } from './refusal.ts';
import { busy } from './takenClaim.ts';

/** Ids have 24 hex digits. */
const idLength = 24;

/** The id of a record without a log: the same idempotency claim names the same record, so that it can be made only once, whatever dies in between. */
export const recordId = (ids: Pick<Ids, 'payment'>, claim: string | undefined): string =>
  claim === undefined ? ids.payment() : hash('sha256', claim, 'hex').slice(0, idLength);

/** The record that a claim made before, when it says the same in all these fields; refuses a claim that was used for other words. */
export function sameAsBefore<T extends object>(before: T | null, wanted: T, fields: readonly (keyof T)[]): T {
  if (before === null) throw busy('The first call with this key is being recorded.');
  if (fields.every((field) => before[field] === wanted[field])) return before;
  throw keyReused('something else');
}
