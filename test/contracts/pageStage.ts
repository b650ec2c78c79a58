import { MaxUint256 } from 'ethers';
import type { Terms } from './escrowTerms.ts';
import { type Deployed, type EscrowWorld, roles, type Split } from './escrowWorld.ts';
import { blacklist } from './payouts.ts';

const { buyer, seller } = roles;
/** The whole price of the sample payment. */
export const ALL = 10_000n;
/** All of it to the seller. */
export const RELEASE: Split = { toSeller: ALL, toBuyer: 0n };

/** Where a page's example is played: the sample payment of the pages, made anew, and their days. */
export interface PageStage {
  readonly world: EscrowWorld;
  readonly permit2: Deployed;
  readonly sample: (changes?: Partial<Terms>) => Promise<Terms>;
  /** Lets the next transaction be mined at a day of the example. */
  readonly at: (day: number) => Promise<void>;
}

/** An example that is ready: its payments, the call it tells of, and what has a name in it. */
export interface Played {
  readonly payments: readonly Terms[];
  readonly act: () => Promise<unknown>;
  readonly names?: Readonly<Record<string, string>>;
  readonly vault?: string;
}

/** The sample payment in the pool. */
export async function inPool(stage: PageStage, changes: Partial<Terms> = {}): Promise<Terms> {
  const terms = await stage.sample(changes);
  await stage.world.fund(terms);
  return terms;
}

/** The sample payment whose vault holds what arrived. */
export async function inVault(stage: PageStage, arrived: bigint, changes: Partial<Terms> = {}): Promise<Terms> {
  const terms = await stage.sample(changes);
  await stage.world.payVault(terms, arrived);
  return terms;
}

/** A payment that its seller marked as delivered on day 5. */
export async function inDelivery(stage: PageStage, terms: Terms): Promise<Terms> {
  await stage.at(5);
  await stage.world.act(seller, 'markDelivered', [terms]);
  return terms;
}

/** The sample payment before a funding by a buyer who holds five times as much. */
export async function unfunded(stage: PageStage, spender: string): Promise<Terms> {
  const { world } = stage;
  await world.mint(buyer.address, 5n * ALL);
  await world.send(world.token, buyer, 'approve', [spender, spender === stage.permit2.address ? MaxUint256 : ALL]);
  return stage.sample();
}

/** An example of one payment. */
export const acting = (terms: Terms, act: () => Promise<unknown>, more: Partial<Played> = {}): Played => ({
  payments: [terms],
  act,
  ...more,
});

/** A release of 6,000 and a refund of 4,000 from the vault, which blacklisted accounts cannot take. */
export async function stuckInVault(stage: PageStage, blocked: readonly string[]): Promise<Terms> {
  const terms = await inVault(stage, ALL);
  for (const account of blocked) await blacklist(stage.world, account);
  await stage.world.settle(terms, { toSeller: 6_000n, toBuyer: 4_000n });
  return terms;
}

/** A release from the pool that its seller could not take. */
export async function stuckInPool(stage: PageStage): Promise<Terms> {
  const terms = await inPool(stage);
  await blacklist(stage.world, seller.address);
  await stage.world.settle(terms, RELEASE);
  return terms;
}
