import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../../errors.ts';
import type { Passwords } from '../../ports/identity.ts';

/** OWASP's password storage sheet: argon2id (the library's standard) with 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Node has four threads for such work and for files; two are left for those. */
const atOnce = 2;
/** Each holds 19 MiB for some 30 ms; more than this is a flood, and later is better than never. */
const waitingMax = 32;

/** Lets a few of many calls run at a time and refuses what would wait too long. */
function narrow() {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (waiting.length >= waitingMax)
        throw new AppError('busy', 'Too many passwords are being checked; repeat unchanged.');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** Password hashes by argon2id. */
export function createPasswords(): Passwords {
  const inTurn = narrow();
  let nobody: Promise<string> | undefined;
  return {
    hash: (password) => inTurn(() => hash(password, cost)),
    matches: (known, password) =>
      inTurn(async () => {
        nobody ??= hash('the password of nobody', cost);
        const right = await verify(known ?? (await nobody), password);
        return right && known !== null;
      }),
  };
}
