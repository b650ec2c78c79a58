import type { Log } from 'ethers';
import type { EscrowEvent } from '../../domain/evidence.ts';
import type { ChainMovement, CreditedShare, SettledFact } from '../../domain/signal.ts';
import { zeroAddress } from '../../domain/terms.ts';
import type { Network } from '../../ports/outside.ts';
import { assetNameOf } from './connection.ts';
import { decodeLog, type EscrowLog } from './escrowCodec.ts';
import { escrowTopics, type TranslatedEvent } from './escrowContract.ts';
import type { ScanLogs } from './logScan.ts';
import type { EscrowEvents } from './marketplaceEscrowTypes.ts';

/** Where a log stood, and the network whose escrow emitted it. */
interface Scene {
  readonly network: Network;
  readonly at: { readonly txHash: string; readonly blockNumber: number; readonly blockHash: string };
  readonly logIndex: number;
  /** Whether the contract said right after this log that the account sent the money elsewhere. */
  readonly redirected: boolean;
  /** Shares of a payment in this transaction that wait for their `Settled`. */
  readonly credits: (termsId: string) => CreditedShare[];
}

function movementOf({ network, at }: Scene, id: string, amount: bigint, token = zeroAddress): ChainMovement {
  const tokenAddress = token.toLowerCase();
  const asset = assetNameOf(network, tokenAddress);
  return { chainId: network.chainId, termsId: id.toLowerCase(), asset, tokenAddress, amount, ...at };
}

// Whoever knows the terms can let the escrow move a token he wrote himself (ADR 10).
const isListed = ({ network }: Scene, token: string) =>
  network.tokens.some(({ tokenAddress }) => tokenAddress === token.toLowerCase());

type Translators = {
  readonly [Name in TranslatedEvent]: (fields: EscrowEvents[Name], scene: Scene) => EscrowEvent | null;
};

/** How each event that is asked for is read; a topic without a translator does not compile. */
const translators: Translators = {
  Funded({ id, source, amount, terms }, { at }) {
    const tokenAddress = terms.token.toLowerCase();
    return { event: 'Funded', termsId: id.toLowerCase(), source: Number(source), amount, tokenAddress, ...at };
  },
  Credited({ id, account, amount, inVault }, { logIndex, credits }) {
    credits(id.toLowerCase()).push({ account: account.toLowerCase(), amount, inVault, logIndex });
    return null;
  },
  Settled({ id, seq, toSeller, toBuyer, fee }, { network, at, credits }) {
    const termsId = id.toLowerCase();
    const amounts = { toSeller, toBuyer, fee, credits: credits(termsId).splice(0) };
    return {
      event: 'Settled',
      fact: { chainId: network.chainId, termsId, settleSeq: Number(seq), ...amounts, ...at },
    };
  },
  Delivered: ({ id }, scene) => ({ event: 'Delivered', movement: movementOf(scene, id, 0n) }),
  Frozen: ({ id }, scene) => ({ event: 'Frozen', movement: movementOf(scene, id, 0n) }),
  Recovered({ id, token, amount, closed }, scene) {
    if (!isListed(scene, token)) return null;
    return { event: 'Recovered', movement: movementOf(scene, id, amount, token), closed };
  },
  VaultCreditPaid: ({ id, account, amount }, scene) => ({
    event: 'VaultCreditPaid',
    movement: movementOf(scene, id, amount),
    account: account.toLowerCase(),
    redirected: scene.redirected,
  }),
  CreditWithdrawn({ account, token, amount }, scene) {
    if (!isListed(scene, token)) return null;
    const { network, at, logIndex, redirected } = scene;
    const owner = { chainId: network.chainId, account: account.toLowerCase(), tokenAddress: token.toLowerCase() };
    return { event: 'CreditWithdrawn', withdrawal: { ...owner, amount, redirected, logIndex, ...at } };
  },
  Redirected: () => null,
  RefundedLater: ({ id, amount }, scene) => ({ event: 'RefundedLater', movement: movementOf(scene, id, amount) }),
  SeqBumped: ({ id, seq }, scene) => ({
    event: 'SeqBumped',
    movement: movementOf(scene, id, 0n),
    settleSeq: Number(seq),
  }),
  Shortfall: ({ id, missing }, scene) => ({ event: 'Shortfall', movement: movementOf(scene, id, missing) }),
};

const isTranslated = (name: string): name is TranslatedEvent => name in translators;

function translate({ name, fields }: EscrowLog, scene: Scene): EscrowEvent | null {
  if (!isTranslated(name)) return null;
  return (translators[name] as (given: typeof fields, at: Scene) => EscrowEvent | null)(fields, scene);
}

/** What an event is summed up under; null for one that stands alone. */
function sumKey(event: EscrowEvent): string | null {
  switch (event.event) {
    case 'Recovered':
      return `recovered ${event.movement.txHash} ${event.movement.termsId} ${event.movement.tokenAddress}`;
    case 'VaultCreditPaid':
      return `paid ${event.movement.txHash} ${event.movement.termsId} ${event.account}`;
    case 'RefundedLater':
      return `later ${event.movement.txHash} ${event.movement.termsId}`;
    case 'CreditWithdrawn':
      return `withdrawn ${event.withdrawal.txHash} ${event.withdrawal.account} ${event.withdrawal.tokenAddress}`;
    default:
      return null;
  }
}

function added(event: EscrowEvent, before: EscrowEvent | undefined): EscrowEvent {
  if (event.event === 'CreditWithdrawn' && before?.event === 'CreditWithdrawn') {
    const amount = before.withdrawal.amount + event.withdrawal.amount;
    const redirected = before.withdrawal.redirected || event.withdrawal.redirected;
    return { ...event, withdrawal: { ...event.withdrawal, amount, redirected } };
  }
  if (before === undefined || !('movement' in event && 'movement' in before)) return event;
  const movement = { ...event.movement, amount: before.movement.amount + event.movement.amount };
  if (event.event === 'Recovered' && before.event === 'Recovered')
    return { ...event, movement, closed: before.closed || event.closed };
  if (event.event === 'VaultCreditPaid' && before.event === 'VaultCreditPaid')
    return { ...event, movement, redirected: before.redirected || event.redirected };
  return { ...event, movement };
}

/** One event for all that a transaction moved of one kind, payment and account, where the last of them stood: the books know them as one. */
function sumUp(events: readonly EscrowEvent[]): EscrowEvent[] {
  const summed = new Map<string, EscrowEvent>();
  for (const [place, event] of events.entries()) {
    const key = sumKey(event) ?? String(place);
    const whole = added(event, summed.get(key));
    summed.delete(key);
    summed.set(key, whole);
  }
  return [...summed.values()];
}

/** The events of this network's escrow in logs that stand in the order of the chain. */
function translateLogs(logs: readonly Log[], network: Network): EscrowEvent[] {
  // A look-alike event of another contract is nobody's business.
  const own = logs.filter((log) => log.address.toLowerCase() === network.escrow);
  const redirects = own.filter((log) => log.topics[0] === escrowTopics.Redirected);
  const redirected = new Set(redirects.map((log) => `${log.blockNumber} ${log.index - 1}`));
  const waiting = new Map<string, CreditedShare[]>();
  const events: EscrowEvent[] = [];
  for (const log of own) {
    const decoded = decodeLog(log);
    if (decoded === null) continue;
    const txHash = log.transactionHash.toLowerCase();
    const at = { txHash, blockNumber: log.blockNumber, blockHash: log.blockHash.toLowerCase() };
    const credits = (termsId: string) => {
      const key = `${txHash} ${termsId}`;
      const shares = waiting.get(key) ?? [];
      waiting.set(key, shares);
      return shares;
    };
    const scene = { logIndex: log.index, redirected: redirected.has(`${log.blockNumber} ${log.index}`) };
    const event = translate(decoded, { network, at, credits, ...scene });
    if (event !== null) events.push(event);
  }
  return sumUp(events);
}

/** Every `Settled` of this network's escrow in a transaction's logs. */
export function readSettlements(logs: readonly Log[], network: Network): SettledFact[] {
  return translateLogs(logs, network).flatMap((event) => (event.event === 'Settled' ? [event.fact] : []));
}

/** The escrow's events that concern payments, in the order of the chain. */
export async function readEscrowEvents(
  scan: ScanLogs,
  network: Network,
  fromBlock: number,
  toBlock: number,
): Promise<EscrowEvent[]> {
  const logs = await scan({ address: network.escrow, topics: [Object.values(escrowTopics)] }, fromBlock, toBlock);
  const ordered = logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
  return translateLogs(ordered, network);
}

/** The same events, but only those that name one of these payments. */
export async function readEscrowEventsOf(
  scan: ScanLogs,
  network: Network,
  termsIds: readonly string[],
  range: { readonly from: number; readonly to: number },
): Promise<EscrowEvent[]> {
  const topics = [Object.values(escrowTopics), termsIds];
  const logs = await scan({ address: network.escrow, topics }, range.from, range.to);
  const ordered = logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
  return translateLogs(ordered, network);
}
