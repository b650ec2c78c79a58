import { arrivalKey } from '../domain/claim.ts';
import type { ChainHead, EscrowEvent } from '../domain/evidence.ts';
import { hotWalletsOf, signalOfTransfer } from '../domain/sighting.ts';
import type { PoolWithdrawal, Signal } from '../domain/signal.ts';
import type { Transfer } from '../domain/state.ts';
import type { ChainReader, Network } from '../ports/outside.ts';
import type { Watch, WatchStore } from '../ports.ts';

/** One fact of the chain, ready to be told to the log it belongs to. */
export interface ChainFact {
  readonly logId: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  /** Names the fact within its log and block, so that it need not be told twice for nothing. */
  readonly key: string;
  readonly signal: Signal;
}

/** What a range of blocks holds for us. */
export interface Sighted {
  readonly facts: readonly ChainFact[];
  /** Every transfer that is on the chain now, told or not, by `arrivalKey`. */
  readonly transfers: ReadonlyMap<string, Transfer>;
  /** Final withdrawals of credits, in the order of the chain; they name no payment. */
  readonly withdrawals: readonly PoolWithdrawal[];
}

export interface FactSources {
  readonly network: Network;
  readonly chain: ChainReader;
  readonly watches: WatchStore;
  readonly marketplaceId: string;
}

/** A range of blocks, both ends inside, and where the chain stands. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly head: ChainHead;
  readonly nowMs: number;
}

const watchesPerPage = 500;
type Funded = Extract<EscrowEvent, { event: 'Funded' }>;
/** An event that names a payment. */
type PaymentEvent = Exclude<EscrowEvent, { event: 'CreditWithdrawn' }>;

/** All live watches of a chain, page by page. */
export async function* liveWatches(watches: WatchStore, chainId: number, nowMs: number): AsyncGenerator<Watch[]> {
  for (let after = ''; ; ) {
    const page = await watches.page(chainId, nowMs, after, watchesPerPage);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < watchesPerPage) return;
    after = last.paymentId;
  }
}

function factOf(logId: string, signal: Signal, at: { blockNumber: number; blockHash: string }, key: string): ChainFact {
  return { logId, signal, key, blockNumber: at.blockNumber, blockHash: at.blockHash };
}

async function transferFacts(
  sources: FactSources,
  range: Range,
  transfers: Map<string, Transfer>,
): Promise<ChainFact[]> {
  const { network, chain, watches } = sources;
  const facts: ChainFact[] = [];
  for await (const page of liveWatches(watches, network.chainId, range.nowMs)) {
    const owners = new Map(
      page.flatMap((watch) => watch.addresses.map(({ address, custody }) => [address, { watch, custody }] as const)),
    );
    for (const transfer of await chain.transfersTo(network.name, [...owners.keys()], range.from, range.to)) {
      const owner = owners.get(transfer.receiver);
      if (owner === undefined || transfer.blockNumber < owner.watch.fromBlock) continue;
      const key = arrivalKey(transfer);
      transfers.set(key, transfer);
      const hotWallets = hotWalletsOf(owner.watch.hotWallet, network.shkeeperHotWallet);
      const signal = signalOfTransfer(transfer, { custody: owner.custody, hotWallets }, range.head);
      if (signal) facts.push(factOf(owner.watch.paymentId, signal, transfer, key));
    }
  }
  return facts;
}

/** What an event of the escrow means for its payment; a pooled funding is told with the transfer that carried it. */
function signalOfEvent(event: Exclude<PaymentEvent, Funded>, final: boolean): Signal | null {
  if (event.event === 'Settled') return { kind: final ? 'settlementConfirmed' : 'settlementSeen', fact: event.fact };
  if (!final) return null;
  const { movement } = event;
  switch (event.event) {
    case 'Delivered':
      return { kind: 'delivered', txHash: movement.txHash };
    case 'Frozen':
      return { kind: 'disputeOpened', txHash: movement.txHash };
    case 'Recovered':
      return { kind: 'recovered', movement, closed: event.closed };
    case 'VaultCreditPaid':
      return { kind: 'creditWithdrawn', movement, account: event.account, redirected: event.redirected };
    case 'RefundedLater':
      return { kind: 'refundedLater', movement };
    case 'SeqBumped':
      return { kind: 'seqBumped', movement, settleSeq: event.settleSeq };
    case 'Shortfall':
      return { kind: 'shortfall', movement };
  }
}

const placeOf = (event: PaymentEvent) => {
  if (event.event === 'Settled') return event.fact;
  return event.event === 'Funded' ? event : event.movement;
};

/** Names an event within its payment and block. */
function nameOf(event: PaymentEvent): string {
  const { txHash } = placeOf(event);
  switch (event.event) {
    case 'Settled':
      return `settled ${txHash} ${event.fact.settleSeq}`;
    case 'Recovered':
      return `recovered ${txHash} ${event.movement.tokenAddress}`;
    case 'SeqBumped':
      return `bumped ${txHash} ${event.settleSeq}`;
    case 'VaultCreditPaid':
      return `credit paid ${txHash} ${event.account}`;
    case 'Delivered':
    case 'Frozen':
    case 'RefundedLater':
    case 'Shortfall':
      return `${event.event} ${txHash}`;
    case 'Funded':
      return `funded ${txHash} ${event.source}`;
  }
}

async function ownersOf(sources: FactSources, events: readonly PaymentEvent[]): Promise<Map<string, Watch>> {
  const ids = [...new Set(events.map((event) => placeOf(event).termsId))];
  const owners = new Map<string, Watch>();
  for (let start = 0; start < ids.length; start += watchesPerPage) {
    const slice = ids.slice(start, start + watchesPerPage);
    for (const watch of await sources.watches.byTermsId(sources.network.chainId, slice)) {
      owners.set(watch.termsId.toLowerCase(), watch);
    }
  }
  return owners;
}

function fundedFact(event: Funded, owner: Watch, inflows: readonly Transfer[], head: ChainHead) {
  const { txHash, termsId, amount, tokenAddress, source, blockNumber } = event;
  if (source !== 0) {
    if (blockNumber > head.finalized || (source !== 1 && source !== 2)) return null;
    return { signal: { kind: 'swept', txHash, source } satisfies Signal, transfer: null };
  }
  const carrier = inflows.find((inflow) => inflow.txHash === txHash && inflow.tokenAddress === tokenAddress);
  // Native coin leaves no transfer; it is not offered yet.
  if (carrier === undefined || blockNumber < owner.fromBlock) return null;
  const transfer = { ...carrier, amount, termsId };
  const kind = blockNumber <= head.confirmed ? 'transferConfirmed' : 'transferSeen';
  return { signal: { kind, transfer } satisfies Signal, transfer };
}

/** Money sent to the escrow's own address that belongs to no funding and no sweep; told when final. */
function strayFacts(sources: FactSources, range: Range, inflows: readonly Transfer[], events: readonly PaymentEvent[]) {
  const { network, marketplaceId } = sources;
  const facts: ChainFact[] = [];
  for (const inflow of inflows.filter((transfer) => transfer.blockNumber <= range.head.finalized)) {
    const listed = network.tokens.find((token) => token.tokenAddress === inflow.tokenAddress);
    if (listed === undefined) continue;
    const accounted = events.reduce((sum, event) => {
      const ours =
        event.event === 'Funded' && event.txHash === inflow.txHash && event.tokenAddress === inflow.tokenAddress;
      return ours && event.source !== 2 ? sum + event.amount : sum;
    }, 0n);
    const amount = inflow.amount - accounted;
    if (amount <= 0n) continue;
    const { shkeeperName: _, ...asset } = listed;
    const transfer = { ...inflow, amount };
    const logId = `suspense-${network.name}-${listed.token}`.toLowerCase();
    facts.push(factOf(logId, { kind: 'strayReceived', transfer, asset, marketplaceId }, inflow, arrivalKey(inflow)));
  }
  return facts;
}

async function escrowFacts(sources: FactSources, range: Range, transfers: Map<string, Transfer>) {
  const { network, chain } = sources;
  const all = await chain.escrowEvents(network.name, range.from, range.to);
  const events = all.filter((event) => event.event !== 'CreditWithdrawn');
  const withdrawals = all
    .flatMap((event) => (event.event === 'CreditWithdrawn' ? [event.withdrawal] : []))
    .filter(({ blockNumber }) => blockNumber <= range.head.finalized);
  const inflows = await chain.transfersTo(network.name, [network.escrow], range.from, range.to);
  const owners = await ownersOf(sources, events);
  const facts: ChainFact[] = [];
  for (const event of events) {
    const place = placeOf(event);
    const owner = owners.get(place.termsId);
    if (owner === undefined) continue;
    const funded = event.event === 'Funded' ? fundedFact(event, owner, inflows, range.head) : null;
    if (funded?.transfer) transfers.set(arrivalKey(funded.transfer), funded.transfer);
    const final = place.blockNumber <= range.head.finalized;
    const signal = event.event === 'Funded' ? funded?.signal : signalOfEvent(event, final);
    if (signal) facts.push(factOf(owner.paymentId, signal, place, nameOf(event)));
  }
  return { facts: [...facts, ...strayFacts(sources, range, inflows, events)], withdrawals };
}

/** Reads everything in a range of blocks that concerns our payments, in the order of the chain, money before events. */
export async function readFacts(sources: FactSources, range: Range): Promise<Sighted> {
  const transfers = new Map<string, Transfer>();
  const arrived = await transferFacts(sources, range, transfers);
  const { facts, withdrawals } = await escrowFacts(sources, range, transfers);
  return { facts: [...arrived, ...facts].sort((a, b) => a.blockNumber - b.blockNumber), transfers, withdrawals };
}
