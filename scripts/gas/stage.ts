import { id, MaxUint256 } from 'ethers';
import type { Settle, Terms } from '../../test/contracts/escrowTerms.ts';
import { DAY, type Deployed, EscrowWorld, roles, ZERO_ADDRESS, ZERO_HASH } from '../../test/contracts/escrowWorld.ts';
import { type LocalChain, openChain } from '../../test/contracts/localChain.ts';
import { deployMock } from '../../test/contracts/mocks.ts';
import { deployPermit2, permit2Build } from '../../test/contracts/permit2.ts';
import type { Item } from '../../test/contracts/signatureItems.ts';

// Fixed, and after every clock that runs this: 10 January 2100. A zero byte more or less in calldata is 12 gas.
const START = 4_103_254_017;
/** Last second of the measured messages. */
export const VALID_UNTIL = START + DAY;
/** Amount of every measured payment, in base units of 6 decimals. */
export const AMOUNT = 100_000_000n;
/** What accounts hold before and after: no slot goes to or from zero by what is measured. */
const FLOAT = 5_000_000n;
const FORTUNE = 1_000_000_000_000n;

/** What all rows start from: steady balances, maximum allowances, an escrow with one signature and one with two of three. */
export interface GasStage {
  readonly chain: LocalChain;
  readonly one: EscrowWorld;
  readonly twoOfThree: EscrowWorld;
  readonly usdt: Deployed;
  readonly usdc: Deployed;
}

/** Builds the stage on a chain inside this process. */
export async function openStage(): Promise<GasStage> {
  const chain = await openChain();
  await chain.setNextTime(START);
  const one = new EscrowWorld(chain);
  const twoOfThree = new EscrowWorld(chain);
  one.escrow = await one.deployEscrow({ threshold: 1 });
  twoOfThree.escrow = await twoOfThree.deployEscrow();
  const usdt = await deployMock(one, 'UsdtLikeToken');
  const usdc = await deployMock(one, 'UsdcLikeToken');
  one.token = usdt;
  twoOfThree.token = usdt;
  await deployPermit2(chain);
  const spenders = [one.escrow.address, twoOfThree.escrow.address, permit2Build.address];
  for (const token of [usdt, usdc]) {
    await one.mint(roles.buyer.address, FORTUNE, token);
    for (const { address } of [roles.seller, roles.refundTo, roles.treasury]) await one.mint(address, FLOAT, token);
    for (const spender of spenders) await one.send(token, roles.buyer, 'approve', [spender, MaxUint256]);
  }
  const stage = { chain, one, twoOfThree, usdt, usdc };
  for (const token of [usdt.address, usdc.address, ZERO_ADDRESS]) await settleIn(one, [[0, roles.signers[0]]], token);
  const two: Item[] = [
    [0, roles.signers[0]],
    [1, roles.signers[1]],
  ];
  await settleIn(twoOfThree, two, usdt.address);
  return stage;
}

/** The terms of a payment of this name: the same in every run. */
export function gasTerms(name: string, changes: Partial<Terms>): Terms {
  return {
    buyer: roles.buyer.address,
    seller: roles.seller.address,
    token: ZERO_ADDRESS,
    amount: AMOUNT,
    fundBy: START + DAY,
    deliverBy: START + 14 * DAY,
    inspection: 3 * DAY,
    feeBps: 100,
    disputeSellerBps: 5_000,
    milestonesHash: ZERO_HASH,
    refundTo: roles.refundTo.address,
    ref: id(`gas ${name}`),
    ...changes,
  };
}

/** Funds the pool by the buyer. */
export async function fundPool(world: EscrowWorld, terms: Terms): Promise<void> {
  await world.act(roles.buyer, 'fund', [terms], terms.token === ZERO_ADDRESS ? terms.amount : 0n);
}

/** The message of a payment's first settlement. */
export function gasSettlement(world: EscrowWorld, terms: Terms, toSeller: bigint, toBuyer: bigint): Settle {
  return { id: world.idOf(terms), seq: 0, toSeller, toBuyer, validUntil: VALID_UNTIL };
}

/** Leaves a payment open of which half was released, so that the book has owed and fees and the escrow holds money. */
async function settleIn(world: EscrowWorld, items: Item[], token: string): Promise<void> {
  const terms = gasTerms('float', { token });
  await fundPool(world, terms);
  const settle = gasSettlement(world, terms, terms.amount / 2n, 0n);
  await world.act(roles.stranger, 'settle', [terms, settle, world.sign(settle, items)]);
}
