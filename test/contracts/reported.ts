import type { EscrowWorld } from './escrowWorld.ts';
import type { ChainReceipt } from './localChain.ts';

/** The escrow's own events of a transaction, each as its name and its values, in order. */
export function reported(world: EscrowWorld, receipt: ChainReceipt): unknown[][] {
  return world.events(receipt).map((event) => [event.name, ...event.args.toArray()]);
}

/** The same without the first value, which is the id in most of them; the terms of `Funded` are left out too. */
export function reportedOf(world: EscrowWorld, receipt: ChainReceipt): unknown[][] {
  return reported(world, receipt).map(([name, , ...rest]) =>
    name === 'Funded' ? [name, ...rest.slice(2, 4)] : [name, ...rest],
  );
}
