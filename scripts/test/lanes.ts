import { addCounts, type Counts, nothing } from './counts.ts';

/** A part of a run; it writes to the terminal once `turn` resolves. */
export type Lane = (turn: Promise<void>) => Promise<Counts>;

/** Runs all lanes at the same time, shows one after the other, and adds up what they counted. */
export async function runLanes(lanes: readonly Lane[]): Promise<Counts> {
  const turns = lanes.map(() => Promise.withResolvers<void>());
  turns[0]?.resolve();
  const counted = await Promise.all(
    lanes.map(async (lane, at) => {
      const turn = turns[at]?.promise ?? Promise.resolve();
      try {
        return await lane(turn);
      } finally {
        await turn;
        turns[at + 1]?.resolve();
      }
    }),
  );
  return counted.reduce(addCounts, nothing);
}

/** Parts that run one after the other and share one place in the row. */
export function inSequence(parts: readonly Lane[]): Lane {
  return async (turn) => {
    let counts = nothing;
    for (const part of parts) counts = addCounts(counts, await part(turn));
    return counts;
  };
}
