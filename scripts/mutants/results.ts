import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { hashOf, type Sources } from './sources.ts';

/** What became of a mutant; one that does not compile is none. */
export type Status = 'killed' | 'timeout' | 'survived' | 'equivalent' | 'uncompilable';

/** A line of the file of results. */
export interface Result {
  readonly id: string;
  readonly status: Status;
  /** The test that noticed it. */
  readonly by?: string;
  readonly ms: number;
  /** Hash of what the status rests on: the mutant's source and the file of the test that noticed it, or all of both. */
  readonly basis: string;
}

/** The results of this and earlier runs, kept in a file with a line each. */
export class Results {
  readonly #file: string;
  readonly #sources: Sources;
  readonly #tests: Sources;
  readonly #found = new Map<string, Result>();

  constructor(file: string, sources: Sources, tests: Sources) {
    this.#file = file;
    this.#sources = sources;
    this.#tests = tests;
  }

  /** Takes over what still holds of earlier runs: a kill while its source and test are the same, all else while everything is. */
  resume(): void {
    const lines = existsSync(this.#file) ? readFileSync(this.#file, 'utf8').split('\n').filter(Boolean) : [];
    for (const line of lines) {
      const result: Result = JSON.parse(line);
      if (result.basis === this.#basis(result.id, result.by)) this.#found.set(result.id, result);
    }
  }

  add(id: string, status: Status, ms: number, by?: string): Result {
    const result = { id, status, ms, ...(by && { by }), basis: this.#basis(id, by) };
    this.#found.set(id, result);
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
    return result;
  }

  get(id: string): Result | undefined {
    return this.#found.get(id);
  }

  #basis(id: string, by: string | undefined): string {
    const source = id.split(':')[0] ?? '';
    const test = by?.split(': ')[0];
    const own = Object.entries(this.#tests).filter(([name]) => name.split('/').at(-1) === test);
    if (own.length === 0) return hashOf({ ...this.#sources, ...this.#tests });
    return hashOf({ [source]: this.#sources[source] ?? '', ...Object.fromEntries(own) });
  }
}
