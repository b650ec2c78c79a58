import { parseArgs } from 'node:util';

/** What one call of `npm run mutants:contracts` is asked to do. */
export interface Wanted {
  /** Only say which mutants there are. */
  readonly list: boolean;
  readonly json: boolean;
  /** Keep what still holds of earlier runs. */
  readonly resume: boolean;
  /** Compare the usual build of a survivor with that of the original, which takes a minute each. */
  readonly compare: boolean;
  /** How many, spread over the files; all of them if undefined. */
  readonly sample: number | undefined;
  readonly seed: number;
  /** Beginnings of ids: a file, or a whole id. */
  readonly only: readonly string[];
}

/** Another one each time, unless it is given. */
export function parseMutantArguments(args: readonly string[], anySeed: number): Wanted {
  const { values } = parseArgs({
    args: [...args],
    options: {
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      compare: { type: 'boolean', default: false },
      sample: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const { list, json, resume, compare, only } = values;
  const seed = values.seed === undefined ? anySeed : wholeNumber('--seed', values.seed);
  return {
    list,
    json,
    resume,
    compare,
    only,
    seed,
    sample: values.sample === undefined ? undefined : wholeNumber('--sample', values.sample),
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} takes a whole number, not ${text}`);
  return Number(text);
}
