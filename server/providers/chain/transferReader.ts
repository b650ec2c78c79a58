import { Interface, type TransactionReceipt } from 'ethers';
import type { TransferVerdict } from '../../domain/evidence.ts';
import type { Transfer } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { ChainReader } from '../../ports/outside.ts';
import { type BlockClock, createBlockClock } from './blockClock.ts';
import { assetNameOf, type ChainConnection, type ChainConnections, connectionOf } from './connection.ts';
import { readEscrowEvents } from './escrowEvents.ts';
import { readHead } from './finality.ts';
import { createLogScan, type ScanLogs } from './logScan.ts';
import { type Arrived, addressTopic, movedByEscrow, readMovement, sumArrivals, transferTopic } from './transferLogs.ts';

/** A network as this reader keeps it. */
interface Reading extends ChainConnection {
  readonly scan: ScanLogs;
  readonly clock: BlockClock;
}

// RPC services refuse longer lists of topics (about 1,000).
const receiversPerQuery = 500;
const erc20 = new Interface(['function balanceOf(address holder) view returns (uint256)']);

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}

/** A transaction's receipt, or null when no node knows of one: then it is unknown, which is not the same as absent. */
export function receiptOf({ pool }: ChainConnection, txHash: string): Promise<TransactionReceipt | null> {
  return pool.run(
    (provider) => provider.getTransactionReceipt(txHash),
    (answer) => answer === null,
  );
}

function toTransfer(reading: Reading, arrived: Arrived, amount: bigint, blockTimeMs: number): Transfer {
  const { txHash, receiver, token, blockNumber, blockHash, senders } = arrived;
  const { network } = reading;
  const asset = assetNameOf(network, token);
  return {
    ...{ chainId: network.chainId, txHash, receiver, tokenAddress: token, asset, amount },
    ...{ blockNumber, blockHash, blockTimeMs, senders },
  };
}

/** What the receiver kept: without what it returned to the senders, unless the escrow moved that and tells so itself. */
async function kept(reading: Reading, arrived: Arrived): Promise<bigint> {
  if (arrived.returned === 0n) return arrived.received;
  const receipt = await receiptOf(reading, arrived.txHash);
  if (receipt === null) throw new AppError('chain_unavailable', `No node has the receipt of ${arrived.txHash}.`);
  const byEscrow = movedByEscrow(receipt, reading.network.escrow).has(arrived.receiver);
  return byEscrow ? arrived.received : arrived.received - arrived.returned;
}

const listedOf = ({ network }: Reading) => network.tokens.map((token) => token.tokenAddress);

async function scanTransfers(reading: Reading, receivers: readonly string[], from: number, to: number) {
  // Anybody can write a contract that says anything; only the tokens we chose tell the truth (ADR 10).
  const address = listedOf(reading);
  if (address.length === 0) return [];
  const movementsOf = async (topics: (null | string | string[])[], first: number, last: number) =>
    (await reading.scan({ address, topics }, first, last)).map(readMovement).filter((movement) => movement !== null);

  const inward = await movementsOf([transferTopic, null, receivers.map(addressTopic)], from, to);
  if (inward.length === 0) return [];
  const hit = new Set(inward.map((movement) => movement.to));
  const blocks = inward.map((movement) => movement.blockNumber);
  const [first, last] = [blocks.reduce((a, b) => Math.min(a, b)), blocks.reduce((a, b) => Math.max(a, b))];
  const outward = await movementsOf([transferTopic, [...hit].map(addressTopic)], first, last);
  // A transfer between two receivers is found by both scans.
  const movements = [...inward, ...outward.filter((movement) => !hit.has(movement.to))];

  const found: Transfer[] = [];
  for (const arrived of sumArrivals(movements, hit, reading.network.shkeeperHotWallet)) {
    const amount = await kept(reading, arrived);
    if (amount <= 0n) continue;
    const timeMs = await reading.clock.timeOfLog(arrived.blockNumber, arrived.blockHash);
    if (timeMs === null) throw new AppError('chain_unavailable', `Block ${arrived.blockNumber} changed while reading.`);
    found.push(toTransfer(reading, arrived, amount, timeMs));
  }
  return found;
}

async function prove(reading: Reading, txHash: string, receiver: string, notBefore: number) {
  const head = await readHead(reading);
  const receipt = await receiptOf(reading, txHash);
  if (receipt === null) return [{ verdict: 'notFound' } as const];
  const timeMs = await reading.clock.canonicalTime(receipt.blockNumber, receipt.blockHash.toLowerCase());
  if (timeMs === null) return [{ verdict: 'orphaned' } as const];
  // A reverted transaction keeps its hash and its calldata, and proves nothing.
  if (receipt.status !== 1)
    return [{ verdict: 'reverted', sender: receipt.from.toLowerCase(), blockNumber: receipt.blockNumber } as const];
  const listed = listedOf(reading);
  const movements = receipt.logs
    .map(readMovement)
    .filter((movement) => movement !== null)
    .filter(({ token }) => listed.includes(token));
  const moved = movedByEscrow(receipt, reading.network.escrow);
  const arrivals = sumArrivals(movements, new Set([receiver]), reading.network.shkeeperHotWallet)
    .map((arrived) => ({ arrived, amount: arrived.received - (moved.has(receiver) ? 0n : arrived.returned) }))
    .filter(({ amount }) => amount > 0n);
  if (arrivals.length === 0) return [{ verdict: 'wrongReceiver' } as const];
  if (receipt.blockNumber < notBefore) return [{ verdict: 'tooOld' } as const];
  return arrivals.map(
    ({ arrived, amount }): TransferVerdict => ({
      verdict: receipt.blockNumber <= head.confirmed ? 'confirmed' : 'pending',
      transfer: toTransfer(reading, arrived, amount, timeMs),
      confirmations: Math.max(0, head.number - receipt.blockNumber + 1),
      final: receipt.blockNumber <= head.finalized,
    }),
  );
}

const byBlock = (a: Transfer, b: Transfer) => a.blockNumber - b.blockNumber;

/** Creates the reader of transfers and of the escrow's events over all connected networks. */
export function createTransferReader(connections: ChainConnections): ChainReader {
  const readings = new Map<string, Reading>();
  const readingOf = (name: string): Reading => {
    const connection = connectionOf(connections, name);
    const { pool } = connection;
    const reading = readings.get(name) ?? { ...connection, scan: createLogScan(pool), clock: createBlockClock(pool) };
    readings.set(name, reading);
    return reading;
  };

  return {
    head: async (network) => readHead(connectionOf(connections, network)),
    blockHash: async (network, blockNumber) => {
      const block = await connectionOf(connections, network).pool.run(
        (provider) => provider.getBlock(blockNumber),
        (answer) => answer === null,
      );
      return block?.hash?.toLowerCase() ?? null;
    },
    transfersTo: async (network, receivers, fromBlock, toBlock) => {
      const wanted = [...new Set(receivers.map((receiver) => receiver.toLowerCase()))];
      const found: Transfer[] = [];
      for (const chunk of chunks(wanted, receiversPerQuery)) {
        for (const one of await scanTransfers(readingOf(network), chunk, fromBlock, toBlock)) found.push(one);
      }
      return found.sort(byBlock);
    },
    proveTransfer: async (network, txHash, receiver, notBefore) =>
      prove(readingOf(network), txHash, receiver.toLowerCase(), notBefore),
    escrowEvents: async (network, fromBlock, toBlock) => {
      const { scan, network: described } = readingOf(network);
      return readEscrowEvents(scan, described, fromBlock, toBlock);
    },
    tokenBalance: async (network, tokenAddress, holder) => {
      const data = erc20.encodeFunctionData('balanceOf', [holder]);
      const { pool } = connectionOf(connections, network);
      const answer = await pool.run((provider) => provider.call({ to: tokenAddress, data }));
      const [balance] = erc20.decodeFunctionResult('balanceOf', answer);
      return BigInt(balance);
    },
    nativeBalance: async (network, holder) =>
      connectionOf(connections, network).pool.run((provider) => provider.getBalance(holder)),
    transactionCounts: async (network, account) => {
      const { pool } = connectionOf(connections, network);
      const [pending, finalized] = await pool.run((provider) =>
        Promise.all([
          provider.getTransactionCount(account, 'pending'),
          provider.getTransactionCount(account, 'finalized'),
        ]),
      );
      return { pending, finalized };
    },
  };
}
