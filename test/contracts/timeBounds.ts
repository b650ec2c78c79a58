import type { EscrowWorld } from './escrowWorld.ts';

/** One bound of the time table: what is called, around which second, and the error on the closed side. */
export interface TimeBound {
  at: number;
  error: string;
  /** Must bring its own times: the clock stands wherever the test last was. */
  call: () => Promise<unknown>;
}

async function inSecond<T>(world: EscrowWorld, second: number, run: () => Promise<T>): Promise<T> {
  const snapshot = await world.chain.snapshot();
  await world.chain.setNextTime(second);
  const result = await run();
  await world.chain.restore(snapshot);
  return result;
}

/** Expects a call to work in the second `at` and to be refused in the next one. */
export async function openUntil(world: EscrowWorld, bound: TimeBound): Promise<void> {
  await inSecond(world, bound.at, bound.call);
  await inSecond(world, bound.at + 1, () => world.rejects(bound.call(), bound.error));
}

/** Expects a call to be refused in the second `at` and to work in the next one. */
export async function openAfter(world: EscrowWorld, bound: TimeBound): Promise<void> {
  await inSecond(world, bound.at, () => world.rejects(bound.call(), bound.error));
  await inSecond(world, bound.at + 1, bound.call);
}

/** Expects a call to work in each of some seconds. */
export async function openAt(
  world: EscrowWorld,
  seconds: readonly number[],
  call: () => Promise<unknown>,
): Promise<void> {
  for (const second of seconds) await inSecond(world, second, call);
}
