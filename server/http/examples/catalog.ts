import { readFileSync } from 'node:fs';
import type { Operation } from '../policies.ts';

/** One good call of an operation, and what it is answered. Tests make the call and compare the answer. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly answer: unknown;
}

const all: Readonly<Partial<Record<Operation, Example>>> = JSON.parse(
  readFileSync(new URL('./examples.json', import.meta.url), 'utf8'),
);

/** The example of an operation. */
export function exampleOf(operation: Operation): Example | undefined {
  return all[operation];
}
