import {
  ACT_TYPES,
  BATCH_TYPES,
  CANCEL_ROTATION_TYPES,
  REDIRECT_TYPES,
  RESCUE_TYPES,
  ROTATE_TYPES,
  type Settle,
  SIGNER_OFF_TYPES,
  type Terms,
} from './escrowTerms.ts';
import type { EscrowWorld } from './escrowWorld.ts';
import { DAY, roles, SIGNER_ITEMS, TAG } from './escrowWorld.ts';
import { type SignatureItem, signItems } from './signatureItems.ts';

/** Actions of a signed `Act`. */
export const ACTION = { markDelivered: 1, freeze: 2 };
/** The tag of the account of a `Redirect`. */
export const ACCOUNT_TAG = 0x7d;

/** What a message may have other than the usual values: a day ahead, and the nonce that is next. */
export interface Timing {
  validUntil?: number;
  nonce?: bigint;
}

/** A redirect of a credit, as the escrow takes it. */
export interface Redirect {
  account: string;
  token: string;
  to: string;
  amount: bigint;
}

async function validUntilOf(world: EscrowWorld, timing: Timing): Promise<number> {
  return timing.validUntil ?? (await world.chain.now()) + DAY;
}

async function controlNonce(world: EscrowWorld, timing: Timing): Promise<bigint> {
  if (timing.nonce !== undefined) return timing.nonce;
  const config = await world.read(world.escrow, 'config');
  return config.nonce;
}

/** The signature set of a batch. */
export function signBatch(
  world: EscrowWorld,
  settlements: readonly Settle[],
  items: readonly SignatureItem[] = SIGNER_ITEMS,
) {
  return signItems(world.digest(BATCH_TYPES, { items: settlements }), items);
}

/** A stranger broadcasts a batch; `settleBatch` is all or nothing, `settleBatchReport` goes item by item. */
export async function settleBatch(
  world: EscrowWorld,
  method: 'settleBatch' | 'settleBatchReport',
  batch: readonly (readonly [Terms, Settle])[],
  items: readonly SignatureItem[] = SIGNER_ITEMS,
) {
  const settlements = batch.map(([, settle]) => settle);
  const signatures = signBatch(world, settlements, items);
  return world.act(roles.stranger, method, [batch.map(([terms]) => terms), settlements, signatures]);
}

/** A stranger broadcasts a party's signed mark or freeze. */
export async function actSigned(
  world: EscrowWorld,
  terms: Terms,
  action: number,
  item: SignatureItem,
  timing: Timing = {},
) {
  const validUntil = await validUntilOf(world, timing);
  const digest = world.digest(ACT_TYPES, { id: world.idOf(terms), action, validUntil });
  return world.act(roles.stranger, 'actSigned', [terms, action, validUntil, signItems(digest, [item])]);
}

/** The seller marks delivery by signature. */
export async function markSigned(world: EscrowWorld, terms: Terms) {
  return actSigned(world, terms, ACTION.markDelivered, [TAG.seller, roles.seller]);
}

/** A stranger broadcasts a control message that proposes the holder of a seat: a signer, 8 the guardian, 9 the treasury. */
export async function rotate(
  world: EscrowWorld,
  seat: { index: number; account: string },
  items: readonly SignatureItem[] = SIGNER_ITEMS,
  timing: Timing = {},
) {
  const [nonce, validUntil] = [await controlNonce(world, timing), await validUntilOf(world, timing)];
  const signatures = signItems(world.digest(ROTATE_TYPES, { ...seat, nonce, validUntil }), items);
  return world.act(roles.stranger, 'rotate', [seat.index, seat.account, validUntil, signatures]);
}

/** A stranger broadcasts a control message that drops a pending rotation. */
export async function cancelRotation(
  world: EscrowWorld,
  index: number,
  items: readonly SignatureItem[] = SIGNER_ITEMS,
  timing: Timing = {},
) {
  const [nonce, validUntil] = [await controlNonce(world, timing), await validUntilOf(world, timing)];
  const signatures = signItems(world.digest(CANCEL_ROTATION_TYPES, { index, nonce, validUntil }), items);
  return world.act(roles.stranger, 'cancelRotation', [index, validUntil, signatures]);
}

/** A stranger broadcasts a control message that switches a signer off. */
export async function signerOff(
  world: EscrowWorld,
  index: number,
  items: readonly SignatureItem[] = SIGNER_ITEMS,
  timing: Timing = {},
) {
  const [nonce, validUntil] = [await controlNonce(world, timing), await validUntilOf(world, timing)];
  const signatures = signItems(world.digest(SIGNER_OFF_TYPES, { index, nonce, validUntil }), items);
  return world.act(roles.stranger, 'signerOff', [index, validUntil, signatures]);
}

/** A stranger broadcasts a control message that sends stray money to the treasury. */
export async function rescue(
  world: EscrowWorld,
  stray: { token: string; amount: bigint },
  items: readonly SignatureItem[] = SIGNER_ITEMS,
  timing: Timing = {},
) {
  const [nonce, validUntil] = [await controlNonce(world, timing), await validUntilOf(world, timing)];
  const signatures = signItems(world.digest(RESCUE_TYPES, { ...stray, nonce, validUntil }), items);
  return world.act(roles.stranger, 'rescue', [stray.token, stray.amount, validUntil, signatures]);
}

/** A redirect with its signature set: one signer's item, then the account's unless the account is the caller. */
export async function signRedirect(
  world: EscrowWorld,
  redirect: Redirect,
  items: readonly SignatureItem[],
  timing: Timing = {},
): Promise<{ validUntil: number; signatures: string }> {
  const validUntil = await validUntilOf(world, timing);
  const nonce = timing.nonce ?? (await world.read(world.escrow, 'redirectNonce', [redirect.account]))[0];
  const digest = world.digest(REDIRECT_TYPES, { ...redirect, nonce, validUntil });
  return { validUntil, signatures: signItems(digest, items) };
}

/** A stranger broadcasts a redirect of a credit in the pool. */
export async function redirectCredit(
  world: EscrowWorld,
  redirect: Redirect,
  items: readonly SignatureItem[],
  timing: Timing = {},
) {
  const { validUntil, signatures } = await signRedirect(world, redirect, items, timing);
  const { account, token, to, amount } = redirect;
  return world.act(roles.stranger, 'redirectCredit', [account, token, to, amount, validUntil, signatures]);
}

/** A stranger broadcasts a redirect of a share that stayed in a vault: the seller's, or that of `refundTo`. */
export async function redirectVaultCredit(
  world: EscrowWorld,
  terms: Terms,
  move: { sellerShare: boolean; to: string; amount: bigint },
  items: readonly SignatureItem[],
  timing: Timing = {},
) {
  const account = move.sellerShare ? terms.seller : terms.refundTo;
  const redirect = { account, token: terms.token, to: move.to, amount: move.amount };
  const { validUntil, signatures } = await signRedirect(world, redirect, items, timing);
  const args = [terms, move.sellerShare, move.to, move.amount, validUntil, signatures];
  return world.act(roles.stranger, 'redirectVaultCredit', args);
}
