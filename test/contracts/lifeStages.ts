import type { Terms } from './escrowTerms.ts';
import { type EscrowWorld, roles } from './escrowWorld.ts';

/** Where the money of a payment is. */
export type Mode = 'pool' | 'vault';
export const MODES = ['pool', 'vault'] as const;

/** What a funded payment has released already: a vault payment has a record only after its first settlement. */
export const PART = 1_000n;

/** A payment whose money is there; in a vault it has no record yet. */
export async function paid(world: EscrowWorld, mode: Mode, changes: Partial<Terms> = {}): Promise<Terms> {
  const terms = await world.terms(changes);
  await world.pay(terms, mode);
  return terms;
}

/** A payment with a record in status Funded, PART of it released. */
export async function funded(world: EscrowWorld, mode: Mode, changes: Partial<Terms> = {}): Promise<Terms> {
  const terms = await paid(world, mode, changes);
  await world.settle(terms, { toSeller: PART, toBuyer: 0n });
  return terms;
}

/** A payment that the seller marked as delivered, and when. */
export async function delivered(world: EscrowWorld, mode: Mode, changes: Partial<Terms> = {}) {
  const terms = await paid(world, mode, changes);
  await world.act(roles.seller, 'markDelivered', [terms]);
  return { terms, clock: await world.chain.now() };
}

/** A payment in dispute, and since when. */
export async function frozen(world: EscrowWorld, mode: Mode, changes: Partial<Terms> = {}) {
  const terms = await paid(world, mode, changes);
  await world.act(roles.buyer, 'freeze', [terms]);
  return { terms, clock: await world.chain.now() };
}

/** The guardian pauses now. */
export async function pause(world: EscrowWorld): Promise<number> {
  await world.act(roles.guardian, 'pause', []);
  return Number((await world.read(world.escrow, 'config')).pausedUntil);
}

/** Fees of a token, wherever the mode sends them: accrued in the pool, or with the treasury. */
export async function feesOf(world: EscrowWorld, token = world.token.address): Promise<bigint> {
  return (await world.book(token)).fees + (await world.balance(roles.treasury.address, token));
}
