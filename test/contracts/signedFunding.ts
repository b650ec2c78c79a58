import { type BaseWallet, Signature, TypedDataEncoder } from 'ethers';
import { AUTHORIZATION_TYPES, PERMIT_TYPES, PERMIT2_TYPES, type Terms } from './escrowTerms.ts';
import { DAY, type Deployed, type EscrowWorld, roles } from './escrowWorld.ts';
import { permit2Build } from './permit2.ts';
import { type SignatureItem, signItems, wholeSignature } from './signatureItems.ts';

/** An ERC-3009 authorization as a payer signs it. */
export interface Authorization {
  from: string;
  to: string;
  value: bigint;
  validAfter: number;
  validBefore: number;
  nonce: string;
}

/** An EIP-2612 permit as a payer signs it. */
export interface Permit {
  owner: string;
  spender: string;
  value: bigint;
  nonce: bigint;
  deadline: number;
}

/** What is signed for Permit2, beside the terms. */
export interface Permit2Order {
  permitted: { token: string; amount: bigint };
  spender: string;
  nonce: bigint;
  deadline: number;
  witness: Terms;
}

/** The domain of a token's own messages, here of the USDC-like mock. */
export function tokenDomain(token: string, chainId: bigint, name = 'USD Coin') {
  return { name, version: '1', chainId, verifyingContract: token };
}

/** The authorization that funds a payment: exactly its amount, from the buyer to the escrow, the id as nonce. */
export async function authorizationFor(world: EscrowWorld, terms: Terms): Promise<Authorization> {
  return {
    from: terms.buyer,
    to: world.escrow.address,
    value: terms.amount,
    validAfter: 0,
    validBefore: (await world.chain.now()) + DAY,
    nonce: world.idOf(terms),
  };
}

/** A payer's signature over an authorization. */
export function signAuthorization(world: EscrowWorld, token: string, order: Authorization, by: BaseWallet): Signature {
  const domain = tokenDomain(token, world.chain.chainId);
  return Signature.from(by.signingKey.sign(TypedDataEncoder.hash(domain, AUTHORIZATION_TYPES, order)));
}

/** A stranger funds a payment with the buyer's ERC-3009 authorization. */
export async function fundWithAuthorization(world: EscrowWorld, terms: Terms, changes: Partial<Authorization> = {}) {
  const order = { ...(await authorizationFor(world, terms)), ...changes };
  const { v, r, s } = signAuthorization(world, terms.token, order, roles.buyer);
  const { validAfter, validBefore } = order;
  return world.act(roles.stranger, 'fundWithAuthorization', [terms, validAfter, validBefore, v, r, s]);
}

/** The Permit2 order that funds a payment. */
export async function permit2OrderFor(world: EscrowWorld, terms: Terms, nonce = 0n): Promise<Permit2Order> {
  return {
    permitted: { token: terms.token, amount: terms.amount },
    spender: world.escrow.address,
    nonce,
    deadline: (await world.chain.now()) + DAY,
    witness: terms,
  };
}

/** What is signed of a Permit2 order. */
export function permit2Digest(order: Permit2Order, chainId: bigint): string {
  const domain = { name: 'Permit2', chainId, verifyingContract: permit2Build.address };
  return TypedDataEncoder.hash(domain, PERMIT2_TYPES, order);
}

/** A stranger funds a payment with the buyer's Permit2 signature; the chain has Permit2, which the buyer allowed. */
export async function fundWithPermit2(world: EscrowWorld, terms: Terms, nonce = 0n, by: BaseWallet = roles.buyer) {
  const order = await permit2OrderFor(world, terms, nonce);
  const signature = wholeSignature(permit2Digest(order, world.chain.chainId), by);
  return world.act(roles.stranger, 'fundWithPermit2', [terms, nonce, order.deadline, signature]);
}

/** The permit that lets the escrow take a payment's amount from the buyer. */
export async function permitFor(world: EscrowWorld, terms: Terms, token: Deployed = world.token): Promise<Permit> {
  const [nonce] = await world.read(token, 'nonces', [terms.buyer]);
  const deadline = (await world.chain.now()) + DAY;
  return { owner: terms.buyer, spender: world.escrow.address, value: terms.amount, nonce, deadline };
}

/** A payer's signature over a permit. */
export function signPermit(world: EscrowWorld, token: string, permit: Permit, by: BaseWallet): Signature {
  const domain = tokenDomain(token, world.chain.chainId);
  return Signature.from(by.signingKey.sign(TypedDataEncoder.hash(domain, PERMIT_TYPES, permit)));
}

/** The buyer's consent to terms: one item over the id itself, which is the digest of the terms. */
export function consentTo(world: EscrowWorld, terms: Terms, items: readonly SignatureItem[]): string {
  return signItems(world.idOf(terms), items);
}

/** Funds a payment with the buyer's permit: the buyer himself, or anyone with his consent. */
export async function fundWithPermit(world: EscrowWorld, terms: Terms, from: BaseWallet, consent = '0x') {
  const permit = await permitFor(world, terms);
  const { v, r, s } = signPermit(world, terms.token, permit, roles.buyer);
  return world.act(from, 'fundWithPermit', [terms, permit.deadline, v, r, s, consent]);
}
