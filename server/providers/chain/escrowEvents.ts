import type { Log, LogDescription } from 'ethers';
import type { EscrowEvent } from '../../domain/evidence.ts';
import type { ChainMovement, SettledFact } from '../../domain/signal.ts';
import { zeroAddress } from '../../domain/terms.ts';
import type { Network } from '../../ports/outside.ts';
import { assetNameOf } from './connection.ts';
import { escrowInterface, escrowTopics, type TranslatedEvent } from './escrowContract.ts';
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

type Translator = (log: Log, network: Network, args: LogDescription['args']) => EscrowEvent | null;

/** How each event that is asked for is read; a topic without a translator does not compile. */
const translators: Readonly<Record<TranslatedEvent, Translator>> = {
  Settled(log, network) {
    const fact = readSettled(log, network);
    return fact === null ? null : { event: 'Settled', fact };
  },
  Recovered(log, network, args) {
    const token = lower(args.token);
    // Whoever knows the terms can let the escrow recover a token he wrote himself (ADR 10).
    if (!network.tokens.some(({ tokenAddress }) => tokenAddress === token)) return null;
    const movement = movementOf(log, network, { termsId: lower(args.id), token, amount: BigInt(args.amount) });
    return { event: 'Recovered', movement, closed: Boolean(args.closed) };
  },
  Funded(log, _network, args) {
    const tokenAddress = lower(args.terms.token);
    const what = { termsId: lower(args.id), source: Number(args.source), amount: BigInt(args.amount) };
    return { event: 'Funded', ...what, tokenAddress, ...placeOf(log) };
  },
  SeqBumped(log, network, args) {
    const movement = movementOf(log, network, { termsId: lower(args.id), token: zeroAddress, amount: 0n });
    return { event: 'SeqBumped', movement, settleSeq: Number(args.seq) };
  },
  Shortfall(log, network, args) {
    const what = { termsId: lower(args.id), token: zeroAddress, amount: BigInt(args.missing) };
    return { event: 'Shortfall', movement: movementOf(log, network, what) };
  },
};

function readEvent(log: Log, network: Network): EscrowEvent | null {
  const described = decode(log, network);
  const translate = (translators as Readonly<Record<string, Translator>>)[described?.name ?? ''];
  return described && translate ? translate(log, network, described.args) : null;
}

/** One event for all that a transaction recovered of a payment and token, where the last of them stood: the books know them as one. */
function sumRecoveries(events: readonly EscrowEvent[]): EscrowEvent[] {
  const summed = new Map<string, EscrowEvent>();
  for (const [place, event] of events.entries()) {
    if (event.event !== 'Recovered') {
      summed.set(String(place), event);
      continue;
    }
    const { txHash, termsId, tokenAddress } = event.movement;
    const key = `${txHash} ${termsId} ${tokenAddress}`;
    const known = summed.get(key);
    const before = known?.event === 'Recovered' ? known : { movement: { amount: 0n }, closed: false };
    const movement = { ...event.movement, amount: before.movement.amount + event.movement.amount };
    summed.delete(key);
    summed.set(key, { event: 'Recovered', movement, closed: before.closed || event.closed });
  }
  return [...summed.values()];
}

/** The escrow's events that concern payments, in the order of the chain. */
export async function readEscrowEvents(
  scan: ScanLogs,
  network: Network,
  fromBlock: number,
  toBlock: number,
): Promise<EscrowEvent[]> {
  const logs = await scan({ address: network.escrow, topics: [Object.values(escrowTopics)] }, fromBlock, toBlock);
  const events = logs
    .sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index)
    .map((log) => readEvent(log, network))
    .filter((event) => event !== null);
  return sumRecoveries(events);
}
