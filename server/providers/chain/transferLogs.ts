import { dataLength, dataSlice, id, type Log, type TransactionReceipt, zeroPadValue } from 'ethers';
import { escrowTopics, vaultOf } from './escrowContract.ts';

/** Topic of ERC-20 (and ERC-721) transfers. */
export const transferTopic = id('Transfer(address,address,uint256)');

/** One ERC-20 transfer as its log says; addresses lower-case. */
export interface Movement {
  readonly txHash: string;
  readonly token: string;
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly blockNumber: number;
  readonly blockHash: string;
}

/** What one receiver got of one token in one transaction, and what it gave back to those who sent it. */
export interface Arrived {
  readonly txHash: string;
  readonly receiver: string;
  readonly token: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly senders: readonly string[];
  readonly received: bigint;
  readonly returned: bigint;
}

const topicLength = 32;
const addressOffset = 12;

/** An address as a topic of a log filter. */
export function addressTopic(address: string): string {
  return zeroPadValue(address, topicLength);
}

const addressIn = (topic: string) => dataSlice(topic, addressOffset).toLowerCase();

/** Reads an ERC-20 transfer; null for anything else. An ERC-721 has the same first topic, but its token id is a fourth one. */
export function readMovement(log: Log): Movement | null {
  const [kind, from, to] = log.topics;
  if (kind !== transferTopic || from === undefined || to === undefined) return null;
  if (log.topics.length !== 3 || dataLength(log.data) !== topicLength) return null;
  return {
    txHash: log.transactionHash.toLowerCase(),
    token: log.address.toLowerCase(),
    from: addressIn(from),
    to: addressIn(to),
    value: BigInt(log.data),
    blockNumber: log.blockNumber,
    blockHash: log.blockHash.toLowerCase(),
  };
}

const keyOf = (movement: Movement, receiver: string) => `${movement.txHash} ${receiver} ${movement.token}`;

// Senders are evidence; only whether the provider's wallet is among them is ever asked. More would be the sender's way to fill our books.
const keptSenders = 8;

interface Sum extends Omit<Arrived, 'senders' | 'received' | 'returned'> {
  readonly senders: Set<string>;
  received: bigint;
  returned: bigint;
}

/** A few of the senders, `pinned` before all others. */
function fewSenders(senders: ReadonlySet<string>, pinned: string): string[] {
  const few = [...senders].slice(0, keptSenders);
  if (!senders.has(pinned) || few.includes(pinned)) return few;
  return [pinned, ...few.slice(1)];
}

/**
 * Sums what arrived at each receiver, by transaction and token; positions of logs play no part. Of many senders only some
 * are kept, `pinned` always.
 */
export function sumArrivals(movements: readonly Movement[], receivers: ReadonlySet<string>, pinned: string): Arrived[] {
  const sums = new Map<string, Sum>();
  for (const movement of movements) {
    const { txHash, token, from, to, value, blockNumber, blockHash } = movement;
    if (!receivers.has(to) || from === to || value === 0n) continue;
    const place = { txHash, receiver: to, token, blockNumber, blockHash };
    const sum = sums.get(keyOf(movement, to)) ?? { ...place, senders: new Set<string>(), received: 0n, returned: 0n };
    sum.senders.add(from);
    sum.received += value;
    sums.set(keyOf(movement, to), sum);
  }
  for (const movement of movements) {
    const known = movement.from === movement.to ? undefined : sums.get(keyOf(movement, movement.from));
    if (known?.senders.has(movement.to)) known.returned += movement.value;
  }
  return [...sums.values()].map((sum) => ({ ...sum, senders: fewSenders(sum.senders, pinned) }));
}

/**
 * The addresses whose money the escrow itself moved in a transaction: what left them is told by the escrow's own events
 * and booked from those, so it must not be taken off the arrival as well.
 */
export function movedByEscrow(receipt: TransactionReceipt, escrow: string): Set<string> {
  const moving = [escrowTopics.Settled, escrowTopics.Recovered, escrowTopics.Funded];
  const moved = new Set<string>();
  for (const log of receipt.logs) {
    const [kind, termsId] = log.topics;
    if (log.address.toLowerCase() !== escrow || kind === undefined || termsId === undefined) continue;
    if (moving.includes(kind)) moved.add(escrow).add(vaultOf(escrow, termsId));
  }
  return moved;
}
