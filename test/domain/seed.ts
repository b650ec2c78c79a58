import { randomInt } from 'node:crypto';

/** The seed of this run: `FAST_CHECK_SEED` to repeat one, else a fresh one. It is printed with every property. */
export const seed = Number(process.env.FAST_CHECK_SEED ?? randomInt(2 ** 31 - 1));
