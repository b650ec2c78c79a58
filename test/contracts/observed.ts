import type { Terms } from './escrowTerms.ts';
import type { EscrowWorld } from './escrowWorld.ts';
import type { ChainReceipt } from './localChain.ts';
import { moneyOf } from './payouts.ts';

/** The escrow's own events of a transaction, each as its name and its values; of `Funded` without the terms, which close it. */
export function eventsOf(world: EscrowWorld, receipt: ChainReceipt): unknown[][] {
  return world.events(receipt).map((event) => {
    const values = event.args.toArray();
    return [event.name, ...(event.name === 'Funded' ? values.slice(0, -1) : values)];
  });
}

/** What escrow and vault hold and owe of a payment, and its record: all that a refused call must leave, whoever paid its gas. */
export async function custodyOf(world: EscrowWorld, terms: Terms) {
  const { seller, refundTo, treasury, ...custody } = await moneyOf(world, terms);
  return { ...custody, record: await world.payment(terms) };
}

/** Expects a call to revert with an error of the escrow, and says which of several calls did not. */
export async function rejectsEach(
  world: EscrowWorld,
  calls: readonly (readonly [name: string, call: () => Promise<unknown>])[],
  error: string,
): Promise<void> {
  for (const [name, call] of calls) {
    try {
      await world.rejects(call(), error);
    } catch (reason) {
      throw new Error(`${name}: ${reason instanceof Error ? reason.message : reason}`);
    }
  }
}
