import { concat, dataSlice, keccak256, MaxUint256, toBeArray, toBeHex, toBigInt, zeroPadValue } from 'ethers';
import type { Terms } from './escrowTerms.ts';
import { type EscrowWorld, PRICE, roles, TAG } from './escrowWorld.ts';
import { useToken } from './mocks.ts';
import { deployPermit2 } from './permit2.ts';
import { wholeSignature } from './signatureItems.ts';
import { signBatch } from './signedActs.ts';
import {
  authorizationFor,
  consentTo,
  permit2Digest,
  permit2OrderFor,
  permitFor,
  signAuthorization,
  signPermit,
} from './signedFunding.ts';

/** A call that would make a record out of none; `termsAt` is the place of the terms in its data, in words. */
export interface RecordMaker {
  method: string;
  from: string;
  data: string;
  termsAt: number;
}

const WORD = 32;
const SELECTOR = 4;
// Behind three offsets and the length of the list.
const TERMS_IN_BATCH = 4;

/** Gives the world a token that all four fundings can take, and a buyer who allowed everything. */
export async function prepareFundings(world: EscrowWorld): Promise<void> {
  const token = await useToken(world, 'UsdcLikeToken');
  const permit2 = await deployPermit2(world.chain);
  await world.mint(roles.buyer.address, PRICE);
  for (const spender of [world.escrow, permit2]) {
    await world.send(token, roles.buyer, 'approve', [spender.address, MaxUint256]);
  }
}

/** Terms with one milestone, so that every call that makes a record takes them. */
export async function termsForMakers(world: EscrowWorld, changes: Partial<Terms> = {}): Promise<Terms> {
  return world.terms({ milestonesHash: keccak256(toBeHex(PRICE, WORD)), ...changes });
}

/** One word of a call's terms with one bit turned on. */
export function withBit(maker: Pick<RecordMaker, 'data' | 'termsAt'>, word: number, bit: number): string {
  const start = SELECTOR + WORD * (maker.termsAt + word);
  const dirty = toBigInt(dataSlice(maker.data, start, start + WORD)) | (1n << BigInt(bit));
  const padded = zeroPadValue(toBeArray(dirty), WORD);
  return concat([dataSlice(maker.data, 0, start), padded, dataSlice(maker.data, start + WORD)]);
}

/**
 * Every call that makes a record out of none, by whoever may make it. With valid terms and the money in buyer's account and vault each
 * of them succeeds. `id` is another one when a test spoils the terms in the data afterwards.
 */
export async function recordMakers(world: EscrowWorld, terms: Terms, id = world.idOf(terms)): Promise<RecordMaker[]> {
  const settlement = { ...(await world.settlement(terms, { toSeller: terms.amount, toBuyer: 0n, seq: 0 })), id };
  const signatures = world.sign(settlement);
  const calls: [method: string, from: string, args: unknown[]][] = [
    ['fund', roles.buyer.address, [terms]],
    ...(await signedFundings(world, terms)),
    ['sweep', roles.signers[0].address, [terms]],
    ['settle', roles.stranger.address, [terms, settlement, signatures]],
    ['settleMilestone', roles.stranger.address, [terms, settlement, signatures, [terms.amount]]],
    ['settleBatch', roles.stranger.address, [[terms], [settlement], signBatch(world, [settlement])]],
    ['markDelivered', terms.seller, [terms]],
    ['freeze', roles.signers[0].address, [terms]],
  ];
  return calls.map(([method, from, args]) => ({
    method,
    from,
    data: world.escrow.abi.encodeFunctionData(method, args),
    termsAt: method === 'settleBatch' ? TERMS_IN_BATCH : 0,
  }));
}

async function signedFundings(world: EscrowWorld, terms: Terms): Promise<[string, string, unknown[]][]> {
  const order = await authorizationFor(world, terms);
  const authorization = signAuthorization(world, terms.token, order, roles.buyer);
  const permit = await permitFor(world, terms);
  const permitted = signPermit(world, terms.token, permit, roles.buyer);
  const transfer = await permit2OrderFor(world, terms);
  const witnessed = wholeSignature(permit2Digest(transfer, world.chain.chainId), roles.buyer);
  const consent = consentTo(world, terms, [[TAG.buyer, roles.buyer]]);
  const from = roles.stranger.address;
  const { validAfter, validBefore } = order;
  const vrs = ({ v, r, s }: { v: number; r: string; s: string }) => [v, r, s];
  return [
    ['fundWithAuthorization', from, [terms, validAfter, validBefore, ...vrs(authorization)]],
    ['fundWithPermit2', from, [terms, transfer.nonce, transfer.deadline, witnessed]],
    ['fundWithPermit', from, [terms, permit.deadline, ...vrs(permitted), consent]],
  ];
}
