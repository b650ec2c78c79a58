import { concat, getAddress, keccak256, TypedDataEncoder, toUtf8Bytes } from 'ethers';
import type { SettledFact } from '../../domain/signal.ts';
import type { EscrowGateway, OutcomeOf, SettlementAmounts, SettlementPayload } from '../../ports/outside.ts';
import type { Clock } from '../../ports.ts';
import type { ChainConnection, ChainConnections } from './connection.ts';
import { checkContractSignature } from './contractSignature.ts';
import { decodeAnswer, encodeCall } from './escrowCodec.ts';
import { escrowDomain, settleTypes, termsIdOf, vaultOf } from './escrowContract.ts';
import { readSettlements } from './escrowEvents.ts';
import { readHead, requireBlock } from './finality.ts';
import { safeFileOf } from './safeFile.ts';
import { batchPayloadOf, batchTransactionsOf, readFailedItems, settleMessage } from './settlementBatch.ts';
import { encodeSignatures, recoverSeat } from './settlementSignatures.ts';
import { createSeatedConnections } from './signerSeats.ts';
import { createSpelling } from './spelling.ts';
import { tryTransaction } from './transactionTrial.ts';
import { receiptOf } from './transferReader.ts';

// The contract's numbers of a status (contracts/PaymentRecord.sol).
const recordStatuses = ['none', 'funded', 'delivered', 'frozen', 'closed'] as const;
const addressPattern = /^0x[0-9a-fA-F]{40}$/;

async function readRecord({ network, pool }: ChainConnection, termsId: string, blockTag: number | 'latest') {
  const data = encodeCall('payment', [termsId]);
  const answer = await pool.run((provider) => provider.call({ to: network.escrow, data, blockTag }));
  const record = decodeAnswer('payment', answer);
  const status = recordStatuses[Number(record.status)];
  if (status === undefined)
    throw new RangeError(`the escrow knows a status ${record.status} that this server does not`);
  return {
    status,
    settleSeq: Number(record.seq),
    remaining: record.remaining,
    released: record.released,
  };
}

async function readOutcomes(connection: ChainConnection, txHash: string): Promise<OutcomeOf> {
  const { network, pool } = connection;
  const head = await readHead(connection);
  const receipt = await receiptOf(connection, txHash);
  if (receipt === null) return () => ({ outcome: 'notMined' });
  const block = await requireBlock(pool, receipt.blockNumber);
  if (block.hash !== receipt.blockHash) return () => ({ outcome: 'notMined' });
  if (receipt.status !== 1) return () => ({ outcome: 'reverted' });

  const settled = readSettlements(receipt.logs, network);
  const touched = receipt.logs.some((log) => log.address.toLowerCase() === network.escrow);
  return (termsId) => {
    const ours: SettledFact | undefined = settled.findLast((fact) => fact.termsId === termsId.toLowerCase());
    if (ours) return { outcome: 'settled', fact: ours, final: receipt.blockNumber <= head.finalized };
    return { outcome: touched ? 'otherPayment' : 'foreignContract' };
  };
}

function payloadOf({ network }: ChainConnection, termsId: string, amounts: SettlementAmounts): SettlementPayload {
  const domain = escrowDomain(network.chainId, getAddress(network.escrow));
  const message = settleMessage(termsId, amounts);
  return {
    typedData: { domain, types: settleTypes, primaryType: 'Settle', message },
    digest: TypedDataEncoder.hash(domain, settleTypes, message),
  };
}

function parseAddress(text: string): string | null {
  if (!addressPattern.test(text)) return null;
  try {
    // Refuses a wrong checksum, which one-case spellings do not have.
    return getAddress(text).toLowerCase();
  } catch {
    return null;
  }
}

/** Creates the gateway to the escrow contracts of all connected networks. */
export function createEscrowGateway(
  connections: ChainConnections,
  clock: Clock = { now: () => Date.now() },
): EscrowGateway {
  const { all, of, read } = createSeatedConnections(connections, clock);

  return {
    networks: () => all().map(({ network }) => network),
    network: (name) => (connections.has(name) ? of(name).network : null),
    networkNow: async (name, maxAgeMs) => (await read(name, maxAgeMs)).network,
    checksum: createSpelling(),
    parseAddress,
    ref: (paymentId, randomBits) => {
      const bits = randomBits.startsWith('0x') ? randomBits : `0x${randomBits}`;
      return keccak256(concat([toUtf8Bytes(paymentId), bits]));
    },
    identify: (name, terms) => {
      const { network } = of(name);
      const termsId = termsIdOf(network.chainId, network.escrow, terms);
      return { termsId, vault: vaultOf(network.escrow, termsId) };
    },
    settlementPayload: (name, termsId, settlement) => payloadOf(of(name), termsId, settlement),
    batchPayload: (name, items) => batchPayloadOf(of(name), items),
    recoverSigner: (name, digest, signature) => recoverSeat(of(name).network, digest, signature),
    checkContractSignature: async (name, digest, given) => checkContractSignature(of(name), digest, given),
    settlementTransaction: (name, terms, settlement, signatures) => {
      const connection = of(name);
      const { network } = connection;
      const { settleSeq, toSeller, toBuyer, validUntil } = settlement;
      const { digest } = payloadOf(connection, termsIdOf(network.chainId, network.escrow, terms), settlement);
      const data = encodeCall('settle', [
        { ...terms },
        { seq: settleSeq, toSeller, toBuyer, validUntil },
        encodeSignatures(network, digest, signatures),
      ]);
      return { to: getAddress(network.escrow), data, value: '0', chainId: network.chainId };
    },
    tryTransaction: async (name, transaction) => tryTransaction(of(name), transaction),
    batchTransactions: (name, items, signatures) => batchTransactionsOf(of(name), items, signatures),
    safeFile: safeFileOf,
    record: async (name, termsId, blockNumber) => readRecord(of(name), termsId, blockNumber ?? 'latest'),
    finalRecord: async (name, termsId) => {
      const connection = of(name);
      const { finalized } = await readHead(connection);
      const [{ status, settleSeq }, block] = await Promise.all([
        readRecord(connection, termsId, finalized),
        requireBlock(connection.pool, finalized),
      ]);
      return { status, settleSeq, blockTimeMs: block.timestamp * 1_000 };
    },
    readOutcomes: async (name, txHash) => readOutcomes(of(name), txHash),
    readOutcome: async (name, txHash, termsId) => (await readOutcomes(of(name), txHash))(termsId),
    failedItems: async (name, txHash) => readFailedItems(of(name), txHash),
  };
}
