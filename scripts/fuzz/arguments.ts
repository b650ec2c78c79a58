import { parseArgs } from 'node:util';
import { absentParts } from './judge.ts';
import type { Tokens } from './world.ts';

/** What one call of `npm run fuzz:api` is asked to do. */
export interface FuzzArguments {
  readonly runs: number;
  readonly seed: number;
  readonly seconds: number;
  readonly json: boolean;
  readonly only: string;
  readonly absent: readonly string[];
  /** A server that runs already, with tokens for it; a sandbox of its own without. */
  readonly running: { readonly url: string; readonly tokens: Tokens } | null;
}

const text = { type: 'string' } as const;
const options = {
  ...{ seed: text, url: text, buyer: text, seller: text, admin: text },
  ...{ only: { ...text, default: '' }, absent: { ...text, default: '' } },
  ...{ runs: { ...text, default: '20' }, seconds: { ...text, default: '600' } },
  json: { type: 'boolean', default: false },
} as const;

/** Reads the arguments; refuses what it does not know instead of running something else. */
export function parseFuzzArguments(args: readonly string[], anySeed: number): FuzzArguments {
  const { values } = parseArgs({ args: [...args], options });
  const { url, buyer, seller, admin, json, only } = values;
  const absent = values.absent.split(',').filter((part) => part !== '');
  const strange = absent.filter((part) => !Object.hasOwn(absentParts, part));
  if (strange.length > 0) throw new Error(`--absent ${strange}: there are ${Object.keys(absentParts).join(', ')}`);
  if (url !== undefined && !(buyer && seller && admin))
    throw new Error('--url needs --buyer, --seller and --admin, a token each');
  const running = url && buyer && seller && admin ? { url, tokens: { buyer, seller, admin } } : null;
  const seed = whole('seed', values.seed ?? String(anySeed));
  return {
    runs: whole('runs', values.runs),
    seed,
    seconds: whole('seconds', values.seconds),
    json,
    only,
    absent,
    running,
  };
}

function whole(name: string, given: string): number {
  if (!/^-?\d{1,10}$/.test(given)) throw new Error(`--${name} is no whole number: ${given}`);
  return Number(given);
}
