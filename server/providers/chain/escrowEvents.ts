import type { Log, LogDescription } from 'ethers';
import type { EscrowEvent } from '../../domain/evidence.ts';
import type { ChainMovement, SettledFact } from '../../domain/signal.ts';
import { zeroAddress } from '../../domain/terms.ts';
import type { Network } from '../../ports/outside.ts';
import { assetNameOf } from './connection.ts';
import { escrowInterface, escrowTopics } from './escrowContract.ts';
import type { ScanLogs } from './logScan.ts';

const lower = (value: unknown) => String(value).toLowerCase();

function decode(log: Log, network: Network): LogDescription | null {
  // A look-alike event of another contract is nobody's business.
  if (log.address.toLowerCase() !== network.escrow) return null;
  return escrowInterface.parseLog(log);
}

const placeOf = (log: Log) => ({
  txHash: log.transactionHash.toLowerCase(),
  blockNumber: log.blockNumber,
  blockHash: log.blockHash.toLowerCase(),
});

function movementOf(
  log: Log,
  network: Network,
  what: { termsId: string; token: string; amount: bigint },
): ChainMovement {
  const { termsId, token, amount } = what;
  const asset = assetNameOf(network, token);
  return { chainId: network.chainId, termsId, asset, tokenAddress: token, amount, ...placeOf(log) };
}

/** Reads a `Settled` of this network's escrow; null for any other log. */
export function readSettled(log: Log, network: Network): SettledFact | null {
  if (log.topics[0] !== escrowTopics.Settled) return null;
  const args = decode(log, network)?.args;
  if (args === undefined) return null;
  return {
    chainId: network.chainId,
    termsId: lower(args.id),
    settleSeq: Number(args.seq),
    ...{ toSeller: BigInt(args.toSeller), toBuyer: BigInt(args.toBuyer), fee: BigInt(args.fee) },
    ...placeOf(log),
  };
}

function readEvent(log: Log, network: Network): EscrowEvent | null {
  const fact = readSettled(log, network);
  if (fact !== null) return { event: 'Settled', fact };
  const described = decode(log, network);
  if (described === null) return null;
  const { name, args } = described;
  const termsId = lower(args.id);
  switch (name) {
    case 'Recovered': {
      const movement = movementOf(log, network, { termsId, token: lower(args.token), amount: BigInt(args.amount) });
      return { event: 'Recovered', movement, closed: Boolean(args.closed) };
    }
    case 'Funded': {
      const tokenAddress = lower(args.terms.token);
      const source = Number(args.source);
      return { event: 'Funded', termsId, source, amount: BigInt(args.amount), tokenAddress, ...placeOf(log) };
    }
    case 'SeqBumped': {
      const movement = movementOf(log, network, { termsId, token: zeroAddress, amount: 0n });
      return { event: 'SeqBumped', movement, settleSeq: Number(args.seq) };
    }
    default:
      return null;
  }
}

/** The escrow's events that concern payments, in the order of the chain. */
export async function readEscrowEvents(
  scan: ScanLogs,
  network: Network,
  fromBlock: number,
  toBlock: number,
): Promise<EscrowEvent[]> {
  const logs = await scan({ address: network.escrow, topics: [Object.values(escrowTopics)] }, fromBlock, toBlock);
  return logs
    .sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index)
    .map((log) => readEvent(log, network))
    .filter((event) => event !== null);
}
