import type { Operation } from '../policies.ts';
import type { Example } from './example.ts';

const all: Readonly<Partial<Record<Operation, Example>>> = {};

/** The example of an operation. */
export function exampleOf(operation: Operation): Example | undefined {
  return all[operation];
}
