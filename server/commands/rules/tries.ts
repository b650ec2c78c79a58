import { AppError } from '../../errors.ts';
import type { Attempts, HiddenTexts, TryLimit } from '../../ports/identity.ts';
import type { Clock } from '../../ports.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const quarterMs = 15 * minuteMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Five failures in a quarter of an hour, counted for all servers together. */
const five: TryLimit = { max: 5, windowMs: quarterMs };
/** One address over all names; several people sit behind one. */
const ofAddress: TryLimit = { max: 20, windowMs: quarterMs };
/**
 * One account from all addresses that it never logged in from: ten failures a day are free, then 2, 4, 8 … seconds and at most 15 minutes
 * have to pass since the last one. That is 10 + 9 + 94 = 113 guesses in a day, from however many addresses.
 */
const ofAccount: TryLimit = {
  ...{ max: 200, windowMs: dayMs },
  growing: { free: 10, firstMs: 2 * secondMs, longestMs: quarterMs },
};
/** Codes have a million values and three are good at a time: 20 a day find one with a chance of 1 in 16,000 a day. */
const codesOfDay: TryLimit = { max: 20, windowMs: dayMs };
/** So long an address that an account logged in from is not a stranger's. */
const knownMs = 30 * dayMs;

/** A name that tries are counted under, and how many there may be. */
export type Door = readonly [name: string, limit: TryLimit];
interface TriesDeps {
  readonly attempts: Attempts;
  readonly clock: Clock;
}

/** Where failures of one account are counted, however it is spelled; never its name in clear. */
export const accountDoor = ({ hash }: Pick<HiddenTexts, 'hash'>, name: string): Door => [
  `login:account:${hash(name.toLowerCase())}`,
  ofAccount,
];
/** Where wrong codes of one user are counted, from anywhere. */
export const codeDoors = (userId: string): readonly Door[] => [
  [`factor:${userId}`, five],
  [`factor-day:${userId}`, codesOfDay],
];
/** Where wrong passwords of a user who is logged in are counted. */
export const passwordDoor = (userId: string): Door => [`password:${userId}`, five];

/** A wait as a person reads it, rounded up. */
function inWords(ms: number): string {
  const [unit, size] =
    ms < 2 * minuteMs ? ['second', secondMs] : ms < 2 * hourMs ? ['minute', minuteMs] : ['hour', hourMs];
  const count = Math.max(1, Math.ceil(ms / size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Counts a try at every door before its outcome is known; what it answers takes the try back when it succeeded. One closed door counts at none. */
export async function takeTry({ attempts, clock }: TriesDeps, ...doors: readonly Door[]): Promise<() => Promise<void>> {
  const taken: (readonly [string, string])[] = [];
  const giveBack = async () => {
    await Promise.all(taken.map(([name, tryId]) => attempts.giveBack(name, tryId)));
  };
  for (const [name, limit] of doors) {
    const now = clock.now();
    const one = await attempts.take(name, limit, now);
    if ('opensAtMs' in one) {
      await giveBack();
      throw new AppError('rate_limited', `Too many failed tries; wait ${inWords(one.opensAtMs - now)} and try again.`);
    }
    taken.push([name, one.tryId]);
  }
  return giveBack;
}

const isWrongGuess = (error: unknown) =>
  error instanceof AppError && (error.code === 'login_refused' || error.code === 'code_refused');

/** Keeps a counted try only when it was a wrong guess: what could not be decided, like a server that is busy, closes no door to its owner. */
export async function judged<T>(giveBack: () => Promise<void>, decide: () => Promise<T>): Promise<T> {
  try {
    const decided = await decide();
    await giveBack();
    return decided;
  } catch (error) {
    if (!isWrongGuess(error)) await giveBack().catch(() => undefined);
    throw error;
  }
}

/**
 * Counts a log-in. A stranger's failures close the account to strangers and never to its owner where he logged in before: there only
 * failures from that address itself count.
 */
export async function takeLogIn(
  deps: TriesDeps & { readonly hiddenTexts: Pick<HiddenTexts, 'hash'> },
  { name, address }: { readonly name: string; readonly address: string },
) {
  const { attempts, hiddenTexts, clock } = deps;
  const pair = hiddenTexts.hash(JSON.stringify([name.toLowerCase(), address]));
  const isKnown = await attempts.remembers(`login:known:${pair}`, clock.now());
  const own: readonly Door[] = [
    [`login:address:${address}`, ofAddress],
    [`login:pair:${pair}`, five],
  ];
  const giveBack = await takeTry(deps, ...own, ...(isKnown ? [] : [accountDoor(hiddenTexts, name)]));
  return {
    giveBack,
    /** The account logged in from this address. */
    remember: () => attempts.remember(`login:known:${pair}`, clock.now() + knownMs),
  };
}
