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

function fields(text: string): TypedDataField[] {
  return text.split(',').map((field) => {
    const [type = '', name = ''] = field.split(' ');
    return { type, name };
  });
}

/** EIP-712 types of the two messages of this version. */
export const TERMS_TYPES = {
  Terms: fields(
    'address buyer,address seller,address token,uint96 amount,uint40 fundBy,uint40 deliverBy,uint32 inspection,uint16 feeBps,uint16 disputeSellerBps,bytes32 milestonesHash,address refundTo,bytes32 ref',
  ),
};
export const SETTLE_TYPES = {
  Settle: fields('bytes32 id,uint16 seq,uint96 toSeller,uint96 toBuyer,uint40 validUntil'),
};

/** The domain of every signed message. */
export function domainOf(escrow: string, chainId: bigint) {
  return { name: 'MarketplaceEscrow', version: '1', chainId, verifyingContract: escrow };
}

/** The id of a payment as a backend computes it, without the contract. */
export function idOf(terms: Terms, escrow: string, chainId: bigint): string {
  return TypedDataEncoder.hash(domainOf(escrow, chainId), TERMS_TYPES, terms);
}
