/** What one call of `npm run faults` is asked to do. */
export interface FaultArguments {
  /** Ids of scenarios; none means all. */
  readonly only: readonly string[];
  readonly json: boolean;
  readonly size: 'full' | 'short';
  readonly seed: number | undefined;
  readonly recoveryLimitSeconds: number | undefined;
  readonly numbers: Readonly<Record<string, number>>;
}

const USAGE =
  'use: npm run faults -- [--only F1,F5] [--short] [--seed <number>] [--recovery <seconds>] [--set payments=1000,kills=50] [--json]';

/** Reads the arguments; refuses what it does not know instead of running something else. */
export function parseFaultArguments(
  args: readonly string[],
  known: readonly { readonly id: string }[],
): FaultArguments {
  const only: string[] = [];
  const numbers: Record<string, number> = {};
  let seed: number | undefined;
  let recoveryLimitSeconds: number | undefined;
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at];
    if (argument === '--json' || argument === '--short') continue;
    at += 1;
    const value = args[at] ?? '';
    if (argument === '--only') only.push(...idsOf(value, known));
    else if (argument === '--seed') seed = numberOf(value);
    else if (argument === '--recovery') recoveryLimitSeconds = numberOf(value);
    else if (argument === '--set') Object.assign(numbers, numbersOf(value));
    else throw new Error(`${argument} is not known; ${USAGE}`);
  }
  const size = args.includes('--short') ? 'short' : 'full';
  return { only, json: args.includes('--json'), size, seed, recoveryLimitSeconds, numbers };
}

function idsOf(value: string, known: readonly { readonly id: string }[]): string[] {
  const ids = value.split(',').filter((id) => id !== '');
  const strange = ids.filter((id) => !known.some((scenario) => scenario.id === id));
  if (ids.length > 0 && strange.length === 0) return ids;
  throw new Error(`--only ${value}: there are ${known.map(({ id }) => id).join(', ')}`);
}

function numbersOf(value: string): Record<string, number> {
  const pairs = value.split(',').map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([name = '', amount = '']) => [name, numberOf(amount)]));
}

function numberOf(value: string): number {
  if (/^\d{1,10}$/.test(value)) return Number(value);
  throw new Error(`"${value}" is not a whole number; ${USAGE}`);
}
