import { TypedDataEncoder, type TypedDataField } from 'ethers';

/** The terms of a payment as the contract takes them. */
export interface Terms {
  buyer: string;
  seller: string;
  token: string;
  amount: bigint;
  fundBy: number;
  deliverBy: number;
  inspection: number;
  feeBps: number;
  disputeSellerBps: number;
  milestonesHash: string;
  refundTo: string;
  ref: string;
}

/** The message that signers sign; in calldata the id is left out. */
export interface Settle {
  id: string;
  seq: number;
  toSeller: bigint;
  toBuyer: bigint;
  validUntil: number;
}

/** Types of one message as ethers takes them; the message itself is the only type that no other one uses. */
export type MessageTypes = Record<string, TypedDataField[]>;

function fields(text: string): TypedDataField[] {
  return text.split(',').map((field) => {
    const [type = '', name = ''] = field.split(' ');
    return { type, name };
  });
}

const TERMS = fields(
  'address buyer,address seller,address token,uint96 amount,uint40 fundBy,uint40 deliverBy,uint32 inspection,uint16 feeBps,uint16 disputeSellerBps,bytes32 milestonesHash,address refundTo,bytes32 ref',
);
const SETTLE = fields('bytes32 id,uint16 seq,uint96 toSeller,uint96 toBuyer,uint40 validUntil');

/** EIP-712 types of the escrow's own messages. */
export const TERMS_TYPES = { Terms: TERMS };
export const SETTLE_TYPES = { Settle: SETTLE };
export const BATCH_TYPES = { SettleBatch: fields('Settle[] items'), Settle: SETTLE };
export const ACT_TYPES = { Act: fields('bytes32 id,uint8 action,uint40 validUntil') };
export const REDIRECT_TYPES = {
  Redirect: fields('address account,address token,address to,uint256 amount,uint256 nonce,uint40 validUntil'),
};
export const ROTATE_TYPES = { Rotate: fields('uint8 index,address account,uint256 nonce,uint40 validUntil') };
export const CANCEL_ROTATION_TYPES = { CancelRotation: fields('uint8 index,uint256 nonce,uint40 validUntil') };
export const SIGNER_OFF_TYPES = { SignerOff: fields('uint8 index,uint256 nonce,uint40 validUntil') };
export const RESCUE_TYPES = { Rescue: fields('address token,uint256 amount,uint256 nonce,uint40 validUntil') };

/** What a payer signs for Permit2, in Permit2's domain: the transfer, with the terms as its witness. */
export const PERMIT2_TYPES = {
  PermitWitnessTransferFrom: fields(
    'TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Terms witness',
  ),
  Terms: TERMS,
  TokenPermissions: fields('address token,uint256 amount'),
};
/** What a payer signs for an ERC-3009 token, in the token's domain. */
export const AUTHORIZATION_TYPES = {
  ReceiveWithAuthorization: fields(
    'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce',
  ),
};
/** What a payer signs for an EIP-2612 token, in the token's domain. */
export const PERMIT_TYPES = {
  Permit: fields('address owner,address spender,uint256 value,uint256 nonce,uint256 deadline'),
};

/** The string a contract hashes for a message: its type, then the types it uses, in alphabetical order. */
export function typeString(types: MessageTypes): string {
  const encoder = TypedDataEncoder.from(types);
  return encoder.encodeType(encoder.primaryType);
}

/** The type-string argument of Permit2: how the signed type ends, from the witness on. */
export const PERMIT2_WITNESS = typeString(PERMIT2_TYPES).slice(typeString(PERMIT2_TYPES).indexOf('Terms witness)'));

/** The domain of every signed message. */
export function domainOf(escrow: string, chainId: bigint) {
  return { name: 'MarketplaceEscrow', version: '1', chainId, verifyingContract: escrow };
}

/** The id of a payment as a backend computes it, without the contract. */
export function idOf(terms: Terms, escrow: string, chainId: bigint): string {
  return TypedDataEncoder.hash(domainOf(escrow, chainId), TERMS_TYPES, terms);
}
