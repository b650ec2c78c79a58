import { getAddress, TypedDataEncoder } from 'ethers';
import type { SettlementSignature } from '../../domain/state.ts';
import type {
  BatchItem,
  BatchTransactions,
  FailedItem,
  SettlementAmounts,
  SettlementPayload,
} from '../../ports/outside.ts';
import type { ChainConnection } from './connection.ts';
import { decodeError, decodeLog, encodeCall } from './escrowCodec.ts';
import { escrowDomain, settleTypes } from './escrowContract.ts';
import { encodeSignatures } from './settlementSignatures.ts';
import { receiptOf } from './transferReader.ts';

/** EIP-712 types of a batch; its items are the same `Settle` that a single settlement signs. */
const batchTypes = { SettleBatch: [{ name: 'items', type: 'Settle[]' }], ...settleTypes };

/** A settlement as the contract's EIP-712 type spells it. Decimal strings: the payload travels as JSON, and amounts are beyond its numbers. */
export const settleMessage = (termsId: string, { settleSeq, toSeller, toBuyer, validUntil }: SettlementAmounts) => ({
  id: termsId,
  seq: String(settleSeq),
  toSeller: String(toSeller),
  toBuyer: String(toBuyer),
  validUntil: String(validUntil),
});

/** The one message that admins sign for all items. */
export function batchPayloadOf({ network }: ChainConnection, items: readonly BatchItem[]): SettlementPayload {
  const domain = escrowDomain(network.chainId, getAddress(network.escrow));
  const message = { items: items.map(({ termsId, settlement }) => settleMessage(termsId, settlement)) };
  return {
    typedData: { domain, types: batchTypes, primaryType: 'SettleBatch', message },
    digest: TypedDataEncoder.hash(domain, batchTypes, message),
  };
}

/** The two calls that one set of signatures allows: all items or none, and each item on its own. */
export function batchTransactionsOf(
  connection: ChainConnection,
  items: readonly BatchItem[],
  signatures: readonly SettlementSignature[],
): BatchTransactions {
  const { network } = connection;
  const terms = items.map((item) => ({ ...item.terms }));
  const settlements = items.map(({ settlement: { settleSeq: seq, toSeller, toBuyer, validUntil } }) => ({
    ...{ seq, toSeller, toBuyer, validUntil },
  }));
  const set = encodeSignatures(network, batchPayloadOf(connection, items).digest, signatures);
  const call = (name: keyof BatchTransactions) => ({
    to: getAddress(network.escrow),
    data: encodeCall(name, [terms, settlements, set]),
    value: '0',
    chainId: network.chainId,
  });
  return { settleBatch: call('settleBatch'), settleBatchReport: call('settleBatchReport') };
}

/** Items that a mined `settleBatchReport` left as they were, each with the contract's reason where that is one of its errors. */
export async function readFailedItems(connection: ChainConnection, txHash: string): Promise<FailedItem[]> {
  const receipt = await receiptOf(connection, txHash);
  const logs = (receipt?.logs ?? []).filter((log) => log.address.toLowerCase() === connection.network.escrow);
  return logs.flatMap((log) => {
    const event = decodeLog(log);
    if (event?.name !== 'ItemFailed') return [];
    return [{ termsId: event.fields.id.toLowerCase(), reason: decodeError(event.fields.reason) }];
  });
}
