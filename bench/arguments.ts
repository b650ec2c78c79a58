import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Plan } from './compare.ts';

/** What `npm run bench` was asked for. */
export interface Wanted {
  readonly json: boolean;
  /** Whether the numbers go into docs/performance.md. */
  readonly update: boolean;
  /** Keys of the ratios wanted; all of them when it is empty. */
  readonly only: readonly string[];
  readonly plan: Plan;
  /** Where servers leave their CPU profiles. */
  readonly profileTo: string | undefined;
  /** Up to how many payments the database grows; null for no growth run. */
  readonly growTo: number | null;
  /** For how long the server is soaked; null for no soak. */
  readonly soakMinutes: number | null;
}

const count = z.coerce.number().int().min(1).max(1_000);
const payments = z.coerce.number().int().min(100).max(10_000_000);
const minutes = z.coerce.number().min(0.1).max(1_440);
const seconds = z.coerce.number().min(0.2).max(3_600);

/** Seven pairs of five seconds; a quick look takes a seventh of it and shows only whether everything runs. */
const defaults = {
  whole: { pairs: 7, seconds: 5, warmupSeconds: 5 },
  quick: { pairs: 3, seconds: 1.5, warmupSeconds: 1.5 },
};

/** Reads the arguments; an unknown one or a wrong number throws. */
export function readArguments(args: readonly string[]): Wanted {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      json: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      pairs: { type: 'string' },
      seconds: { type: 'string' },
      profile: { type: 'string' },
      growth: { type: 'boolean', default: false },
      max: { type: 'string', default: '1000000' },
      soak: { type: 'string' },
    },
  });
  const plan = values.quick ? defaults.quick : defaults.whole;
  return {
    json: values.json,
    update: values.update,
    only: values.only.split(',').filter((key) => key !== ''),
    plan: {
      ...plan,
      ...(values.pairs === undefined ? {} : { pairs: count.parse(values.pairs) }),
      ...(values.seconds === undefined ? {} : { seconds: seconds.parse(values.seconds) }),
    },
    profileTo: values.profile,
    growTo: values.growth ? payments.parse(values.max) : null,
    soakMinutes: values.soak === undefined ? null : minutes.parse(values.soak),
  };
}
