import { type BaseWallet, id } from 'ethers';
import type { Terms } from '../../test/contracts/escrowTerms.ts';
import { type EscrowWorld, roles, ZERO_ADDRESS } from '../../test/contracts/escrowWorld.ts';
import { type Item, wholeSignature } from '../../test/contracts/signatureItems.ts';
import { signBatch } from '../../test/contracts/signedActs.ts';
import { permit2Digest, signAuthorization } from '../../test/contracts/signedFunding.ts';
import type { GasKey } from './ceilings.ts';
import { AMOUNT, fundPool, type GasStage, gasSettlement, gasTerms, VALID_UNTIL } from './stage.ts';

/** One measurement: it prepares what it needs and sends the one transaction that counts. */
export type GasRow = (stage: GasStage) => Promise<bigint>;

const BATCH_ITEMS = 50;
const [first, second] = roles.signers;
const ONE: Item[] = [[0, first]];
const TWO: Item[] = [...ONE, [1, second]];

/** How a settlement is authorised: without items its sender is the signer. */
interface Authority {
  readonly world: EscrowWorld;
  readonly items: Item[];
}

const direct = ({ one }: GasStage): Authority => ({ world: one, items: [] });
const signed = ({ one }: GasStage): Authority => ({ world: one, items: ONE });
const twoOfThree = (stage: GasStage): Authority => ({ world: stage.twoOfThree, items: TWO });

/** Sends a settlement of a payment that is ready for it. */
async function settle({ world, items }: Authority, terms: Terms, toSeller: bigint, toBuyer: bigint): Promise<bigint> {
  const settlement = gasSettlement(world, terms, toSeller, toBuyer);
  const from = items.length === 0 ? first : roles.stranger;
  const signatures = items.length === 0 ? '0x' : world.sign(settlement, items);
  return (await world.act(from, 'settle', [terms, settlement, signatures])).gasUsed;
}

function payout(authority: (stage: GasStage) => Authority, toSeller: bigint, toBuyer: bigint): GasRow {
  return async (stage) => {
    const chosen = authority(stage);
    const terms = gasTerms('payout', { token: stage.usdt.address });
    await fundPool(chosen.world, terms);
    return settle(chosen, terms, toSeller, toBuyer);
  };
}

function permit2Row(nonceBefore: boolean): GasRow {
  async function fundWith({ one, chain, usdt }: GasStage, name: string, nonce: bigint): Promise<bigint> {
    const terms = gasTerms(name, { token: usdt.address });
    const permitted = { token: terms.token, amount: terms.amount };
    const order = { permitted, spender: one.escrow.address, nonce, deadline: VALID_UNTIL, witness: terms };
    const signature = wholeSignature(permit2Digest(order, chain.chainId), roles.buyer);
    const args = [terms, nonce, VALID_UNTIL, signature];
    return (await one.act(roles.stranger, 'fundWithPermit2', args)).gasUsed;
  }
  return async (stage) => {
    if (nonceBefore) await fundWith(stage, 'permit2 before', 0n);
    return fundWith(stage, 'permit2', 1n);
  };
}

const fund: GasRow = async ({ one, usdt }) => {
  return (await one.act(roles.buyer, 'fund', [gasTerms('fund', { token: usdt.address })])).gasUsed;
};

const fundAuthorization: GasRow = async ({ one, usdc }) => {
  const terms = gasTerms('authorization', { token: usdc.address });
  const order = {
    from: terms.buyer,
    to: one.escrow.address,
    value: terms.amount,
    validAfter: 0,
    validBefore: VALID_UNTIL,
    nonce: one.idOf(terms),
  };
  const { v, r, s } = signAuthorization(one, usdc.address, order, roles.buyer);
  return (await one.act(roles.stranger, 'fundWithAuthorization', [terms, 0, VALID_UNTIL, v, r, s])).gasUsed;
};

const reclaim: GasRow = async ({ chain, one, usdt }) => {
  const terms = gasTerms('reclaim', { token: usdt.address });
  await fundPool(one, terms);
  await chain.setNextTime(terms.deliverBy + 1);
  return (await one.act(roles.stranger, 'reclaim', [terms])).gasUsed;
};

/** Fifty payments of one call and one signature, released to the sellers given. */
function batchRow(sellerOf: (index: number) => string): GasRow {
  return async ({ one, usdt }) => {
    const batch: Terms[] = [];
    for (let index = 0; index < BATCH_ITEMS; index++) {
      const terms = gasTerms(`batch ${index}`, { token: usdt.address, seller: sellerOf(index) });
      await one.mint(terms.seller, 1n);
      await fundPool(one, terms);
      batch.push(terms);
    }
    const settlements = batch.map((terms) => gasSettlement(one, terms, AMOUNT, 0n));
    const args = [batch, settlements, signBatch(one, settlements, ONE)];
    return (await one.act(roles.stranger, 'settleBatch', args)).gasUsed / BigInt(BATCH_ITEMS);
  };
}

/** The batch in which every payment has a seller of its own, who holds the token already. */
export const batchToFiftySellers = batchRow(sellerAt);

async function payVault(stage: GasStage, name: string): Promise<Terms> {
  const terms = gasTerms(name, { token: stage.usdt.address });
  await stage.one.send(stage.usdt, roles.buyer, 'transfer', [await stage.one.vaultOf(terms), terms.amount]);
  return terms;
}

function sweepBy(caller: BaseWallet): GasRow {
  return async (stage) => {
    const terms = await payVault(stage, 'sweep');
    return (await stage.one.act(caller, 'sweep', [terms])).gasUsed;
  };
}

const vaultSettle1: GasRow = async (stage) => {
  return settle(signed(stage), await payVault(stage, 'vault'), AMOUNT, 0n);
};

const nativeRelease: GasRow = async (stage) => {
  const terms = gasTerms('native', { token: ZERO_ADDRESS });
  await fundPool(stage.one, terms);
  return settle(signed(stage), terms, AMOUNT, 0n);
};

/** An address without a key: a seller of the batch. */
function sellerAt(index: number): string {
  return `0x${id(`seller ${index}`).slice(-40)}`;
}

/**
 * Every row that costs gas. A sweep is measured for a signer, who is looked up last; a batch for one seller, as the
 * ceiling is meant: what a call costs once does not count fifty times.
 */
export const GAS_ROWS: Readonly<Record<Exclude<GasKey, 'runtimeBytes'>, GasRow>> = {
  fund,
  fundAuthorization,
  fundPermit2First: permit2Row(false),
  fundPermit2Same: permit2Row(true),
  releaseDirect: payout(direct, AMOUNT, 0n),
  release1: payout(signed, AMOUNT, 0n),
  release2of3: payout(twoOfThree, AMOUNT, 0n),
  refundDirect: payout(direct, 0n, AMOUNT),
  refund1: payout(signed, 0n, AMOUNT),
  refund2of3: payout(twoOfThree, 0n, AMOUNT),
  reclaim,
  partialRelease: payout(signed, AMOUNT / 2n, 0n),
  batch50PerItem: batchRow(() => roles.seller.address),
  sweep: sweepBy(first),
  vaultSettle1,
  nativeRelease,
};
