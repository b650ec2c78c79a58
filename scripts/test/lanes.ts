import { addCounts, type Counts, nothing } from './counts.ts';

/** A part of a run; it writes to the terminal once `turn` resolves. */
export type Lane = (turn: Promise<void>) => Promise<Counts>;

/** Runs all lanes at the same time, shows one after the other, and adds up what they counted. */
export async function runLanes(lanes: readonly Lane[]): Promise<Counts> {
  const turns = lanes.map(() => Promise.withResolvers<void>());
  turns[0]?.resolve();
  const counted = await Promise.all(
    lanes.map((lane, at) => lane(turns[at]?.promise ?? Promise.resolve()).finally(() => turns[at + 1]?.resolve())),
  );
  return counted.reduce(addCounts, nothing);
}

/** One lane after the other, in one place of the row. */
export function after(first: Lane | undefined, second: Lane): Lane {
  return async (turn) => addCounts((await first?.(turn)) ?? nothing, await second(turn));
}
