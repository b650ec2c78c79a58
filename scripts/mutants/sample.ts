import type { Mutant } from './mutant.ts';

/** Some of the mutants, from every file as many as its share; the same seed gives the same ones. */
export function sampleOf(mutants: readonly Mutant[], size: number, seed: number): Mutant[] {
  const random = randomFrom(seed);
  const files = Map.groupBy(mutants, (mutant) => mutant.file);
  const chosen = new Set(
    [...files.values()].flatMap((own) => {
      const share = Math.max(1, Math.round((size * own.length) / mutants.length));
      return shuffled(own, random).slice(0, share);
    }),
  );
  return mutants.filter((mutant) => chosen.has(mutant));
}

/** The same mutants in an order that tells the score early. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

/** Mulberry32: numbers from 0 to 1 out of a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
