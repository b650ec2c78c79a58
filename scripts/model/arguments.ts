import { parseArgs } from 'node:util';

/** What one call of `npm run model` is asked to do. */
export interface Wanted {
  readonly runs: number;
  readonly seed: number;
  /** Repeat this one run of the seed instead, and tell it step by step. */
  readonly path: string | undefined;
  readonly json: boolean;
}

const options = {
  runs: { type: 'string', default: '20000' },
  seed: { type: 'string' },
  path: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Reads the arguments; refuses numbers that are none. */
export function parseModelArguments(args: readonly string[], anySeed: number): Wanted {
  const { values } = parseArgs({ args: [...args], options });
  const { path, json } = values;
  return { runs: whole('runs', values.runs), seed: whole('seed', values.seed ?? String(anySeed)), path, json };
}

function whole(name: string, text: string): number {
  if (!/^-?\d{1,10}$/.test(text)) throw new Error(`--${name} is no whole number: ${text}`);
  return Number(text);
}
