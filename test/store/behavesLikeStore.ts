import { behavesOnAppend, behavesOnBatches, behavesOnBooks } from './behaviour/appends.ts';
import { behavesOnOutages } from './behaviour/outages.ts';
import { behavesOnHints, behavesOnReads } from './behaviour/reads.ts';
import { behavesOnRelay } from './behaviour/relay.ts';
import type { StoreUnderTest } from './behaviour/storeUnderTest.ts';

/** What the coordinator and the relay rely on; the same cases for the real server and for the simulated one. */
export function behavesLikeStore(current: () => StoreUnderTest): void {
  describe('append', () => behavesOnAppend(current));
  describe('append of several', () => behavesOnBatches(current));
  describe('books', () => behavesOnBooks(current));
  describe('reads', () => behavesOnReads(current));
  describe('hints and projections', () => behavesOnHints(current));
  describe('relay', () => behavesOnRelay(current));
  describe('outages', () => behavesOnOutages(current));
}
