import { concat, getCreate2Address, Interface, keccak256, type TypedDataDomain, TypedDataEncoder } from 'ethers';
import type { Terms } from '../../domain/terms.ts';
import { marketplaceEscrowAbi } from './marketplaceEscrowAbi.ts';
import { hashTerms } from './termsHash.ts';

/** The contract's functions and events. */
export const escrowInterface = new Interface(marketplaceEscrowAbi);

/** Topics of the contract's events that are read. */
export const escrowTopics = {
  Funded: topicOf('Funded'),
  Settled: topicOf('Settled'),
  Credited: topicOf('Credited'),
  CreditWithdrawn: topicOf('CreditWithdrawn'),
  VaultCreditPaid: topicOf('VaultCreditPaid'),
  Redirected: topicOf('Redirected'),
  Delivered: topicOf('Delivered'),
  Frozen: topicOf('Frozen'),
  Recovered: topicOf('Recovered'),
  RefundedLater: topicOf('RefundedLater'),
  SeqBumped: topicOf('SeqBumped'),
  Shortfall: topicOf('Shortfall'),
};
export type TranslatedEvent = keyof typeof escrowTopics;

const noPayment = 'concerns no payment';
const control = 'control of the contract, concerns no payment';
/** Events of the contract that are not read, each with its reason; an event has to stand here or among the topics. */
export const ignoredEvents: Readonly<Record<string, string>> = {
  ItemFailed: 'nothing happened: the prepared settlement stays as it is',
  Rescued: noPayment,
  FeesWithdrawn: noPayment,
  RotationProposed: control,
  RotationCancelled: control,
  SignerChanged: control,
  PausedUntil: control,
};

function topicOf(event: string): string {
  const fragment = escrowInterface.getEvent(event);
  if (fragment === null) throw new Error(`the contract has no event ${event}`);
  return fragment.topicHash;
}

type TypedFields = { name: string; type: string }[];
const fields = (text: string): TypedFields =>
  text.split(',').map((field) => {
    const [type = '', name = ''] = field.split(' ');
    return { name, type };
  });

/** EIP-712 types of the terms; their digest is a payment's id (contracts/EscrowMessages.sol). */
export const termsTypes: Record<string, TypedFields> = {
  Terms: fields(
    'address buyer,address seller,address token,uint96 amount,uint40 fundBy,uint40 deliverBy,uint32 inspection,' +
      'uint16 feeBps,uint16 disputeSellerBps,bytes32 milestonesHash,address refundTo,bytes32 ref',
  ),
};

/** EIP-712 types of a settlement. */
export const settleTypes: Record<string, TypedFields> = {
  Settle: fields('bytes32 id,uint16 seq,uint96 toSeller,uint96 toBuyer,uint40 validUntil'),
};

/** The domain of every signed message of one deployment. */
export function escrowDomain(chainId: number, escrow: string): TypedDataDomain {
  return { name: 'MarketplaceEscrow', version: '1', chainId, verifyingContract: escrow };
}

/** Answers from memory what was computed for the same words before; what is asked for belongs to the few configured networks. */
function remembering(compute: (escrow: string, chainId: number) => string): typeof compute {
  const known = new Map<string, string>();
  return (escrow, chainId) => {
    const key = `${chainId}:${escrow}`;
    const answer = known.get(key) ?? compute(escrow, chainId);
    if (known.size < maxRemembered) known.set(key, answer);
    return answer;
  };
}
const maxRemembered = 1_000;

const domainSeparatorOf = remembering((escrow, chainId) => TypedDataEncoder.hashDomain(escrowDomain(chainId, escrow)));

/** A payment's id on chain: the EIP-712 digest of its terms. */
export function termsIdOf(chainId: number, escrow: string, terms: Terms): string {
  const quick = hashTerms(domainSeparatorOf(escrow, chainId), terms);
  return quick ?? TypedDataEncoder.hash(escrowDomain(chainId, escrow), termsTypes, { ...terms });
}

// The vault's 9 bytes of init code and 63 of runtime around the escrow's address (contracts/DepositVault.sol).
const vaultHead = '0x603f8060095f395ff33373';
const vaultTail = '0x18361517603d5760205f602036038060205f375f5f358060a01c905af16039575f5ffd5b3d5ff35b00';
const vaultCodeHashOf = remembering((escrow) => keccak256(concat([vaultHead, escrow, vaultTail])));

/** The deposit address of a payment: the CREATE2 address with its id as salt, lower-case. */
export function vaultOf(escrow: string, termsId: string): string {
  const codeHash = vaultCodeHashOf(escrow, 0);
  // The general function says what is wrong with anything else, and computes a checksum that is not needed here.
  if (!addressForm.test(escrow) || !hashForm.test(termsId))
    return getCreate2Address(escrow, termsId, codeHash).toLowerCase();
  return `0x${keccak256(`0xff${escrow.slice(2)}${termsId.slice(2)}${codeHash.slice(2)}`).slice(-40)}`;
}
const addressForm = /^0x[0-9a-f]{40}$/;
const hashForm = /^0x[0-9a-f]{64}$/;
