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
  /** Hash of all sources, and of what the status rests on: the file of the test that noticed it, or all tests. */
  readonly sources: string;
  readonly tests: string;
}

/** The results of this and earlier runs, kept in a file with a line each. */
export class Results {
  readonly #file: string;
  readonly #sources: string;
  readonly #tests: Sources;
  readonly #found = new Map<string, Result>();

  constructor(file: string, sources: Sources, tests: Sources) {
    this.#file = file;
    this.#sources = hashOf(sources);
    this.#tests = tests;
  }

  /** Takes over what still holds of earlier runs: a kill as long as its test is the same, all else while all tests are. */
  resume(): void {
    const lines = existsSync(this.#file) ? readFileSync(this.#file, 'utf8').split('\n').filter(Boolean) : [];
    for (const line of lines) {
      const result: Result = JSON.parse(line);
      if (result.sources === this.#sources && result.tests === this.#basis(result.by))
        this.#found.set(result.id, result);
    }
  }

  add(id: string, status: Status, ms: number, by?: string): Result {
    const result = { id, status, ms, ...(by && { by }), sources: this.#sources, tests: this.#basis(by) };
    this.#found.set(id, result);
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
    return result;
  }

  get(id: string): Result | undefined {
    return this.#found.get(id);
  }

  #basis(by: string | undefined): string {
    const file = by?.split(': ')[0] ?? '';
    const own = Object.entries(this.#tests).filter(([name]) => name.split('/').at(-1) === file);
    return hashOf(own.length > 0 ? Object.fromEntries(own) : this.#tests);
  }
}
