import type { Settle, Terms } from './escrowTerms.ts';
import type { EscrowWorld } from './escrowWorld.ts';
import { type Mode, paid } from './lifeStages.ts';
import { RELEASE } from './payouts.ts';

/** An item of a batch: the terms, and what is settled of them. */
export type Pair = readonly [Terms, Settle];

/** As many paid payments, each to be released whole. */
export async function paidPairs(world: EscrowWorld, mode: Mode, count: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let index = 0; index < count; index += 1) {
    const terms = await paid(world, mode);
    pairs.push([terms, await world.settlement(terms, RELEASE)]);
  }
  return pairs;
}

/** What a report says of an item that failed with this error. */
export function selectorOf(world: EscrowWorld, error: string): string | undefined {
  return world.escrow.abi.getError(error)?.selector;
}
