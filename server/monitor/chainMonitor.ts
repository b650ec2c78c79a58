import type { ChainHead, Clock, CursorStore, Queries } from '../ports.ts';
import { advance, type CursorSources, openCursor } from './chainCursor.ts';
import { type ChainFact, type FactSources, type Range, readFacts } from './chainFacts.ts';
import { findOrphans, type OrphanSources } from './chainOrphans.ts';
import { createTelling, type TellingSources } from './chainTelling.ts';

/** What the monitor of one network needs; `marketplaceId` names the books that money of nobody goes to. */
export interface ChainMonitorDeps extends FactSources, CursorSources, OrphanSources, TellingSources {
  readonly cursors: CursorStore;
  readonly queries: Queries;
  readonly clock: Clock;
}

/** What one look found. */
export interface TickReport {
  readonly head: number;
  readonly finalized: number;
  readonly cursor: number;
  readonly told: number;
  readonly parked: number;
  readonly orphaned: number;
  readonly reorganised: boolean;
}

/** Where the monitor stands, for health and metrics. */
export interface MonitorStatus {
  readonly network: string;
  readonly lastTick: TickReport | null;
  readonly lastTickAtMs: number | null;
  readonly lastError: string | null;
}

export interface ChainMonitor {
  /** Looks once, up to the present head; throws `AppError` when chain or database are away, and may be repeated at will. */
  tick(): Promise<TickReport>;
  start(intervalMs: number): void;
  /** Ends the loop after the look that is running. */
  stop(): Promise<void>;
  status(): MonitorStatus;
}

// The watches are paged through once a slice, so slices are as wide as nodes usually allow (web3-and-chain.md §5.2).
const blocksPerSlice = 2_000;
// Finality that stands still this long is worth a person's look (Polygon's stall of 2025 lasted 10 to 15 minutes).
const stallMs = 600_000;

/** Watches one network: tells every payment what the chain says about it. Several processes may watch the same one. */
export function createChainMonitor(deps: ChainMonitorDeps): ChainMonitor {
  const { network, chain, clock, logger, crash } = deps;
  const telling = createTelling(deps);
  const sightings = new Map<string, ChainFact>();
  let status: MonitorStatus = { network: network.name, lastTick: null, lastTickAtMs: null, lastError: null };
  let finality = { block: -1, sinceMs: 0, alarmed: false };
  let stopped = true;
  let wake = () => {};
  let loop = Promise.resolve();

  function watchFinality(head: ChainHead): void {
    const now = clock.now();
    if (head.finalized !== finality.block) finality = { block: head.finalized, sinceMs: now, alarmed: false };
    if (now - finality.sinceMs < stallMs || finality.alarmed) return;
    finality.alarmed = true;
    logger.error({ network: network.name, finalized: head.finalized, head: head.number }, 'finality stands still');
  }

  /** A settlement that was seen in a block which is no longer there is unseen again. */
  async function settlementOrphans(range: Range, facts: readonly ChainFact[]): Promise<number> {
    let count = 0;
    const seen = facts.filter(
      ({ signal }) => signal.kind === 'settlementSeen' || signal.kind === 'settlementConfirmed',
    );
    const present = new Set(seen.map(({ logId, blockHash }) => `${logId} ${blockHash}`));
    for (const [name, { logId, blockNumber, blockHash, signal }] of sightings) {
      if (present.has(name) || blockNumber > range.to) continue;
      const canonical = await chain.blockHash(network.name, blockNumber);
      if (canonical === null) continue;
      sightings.delete(name);
      if (canonical === blockHash || signal.kind !== 'settlementSeen') continue;
      await telling.tellNow(logId, { kind: 'settlementOrphaned', txHash: signal.fact.txHash });
      count += 1;
    }
    for (const fact of seen.filter(({ signal }) => signal.kind === 'settlementSeen')) {
      sightings.set(`${fact.logId} ${fact.blockHash}`, fact);
    }
    return count;
  }

  /** One slice: first what is no longer true, then what is, then the cursor, which passes nothing untold. */
  async function slice(range: Range) {
    const { facts, transfers } = await readFacts(deps, range);
    const { found, holdBelow } = await findOrphans(deps, range, transfers);
    for (const { logId, signal } of found) await telling.tellNow(logId, signal);
    const unseen = await settlementOrphans(range, facts);
    const told = await telling.tell(facts, range.head.finalized);
    crash('monitor:beforeCursor');
    const untold = told.failed > 0 ? range.from : Number.POSITIVE_INFINITY;
    const limit = Math.min(range.to, range.head.finalized);
    const last = Math.min(limit, holdBelow - 1, untold - 1);
    return { ...told, last, held: last < limit, orphaned: found.length + unseen };
  }

  async function tick(): Promise<TickReport> {
    const head = await chain.head(network.name);
    watchFinality(head);
    const nowMs = clock.now();
    const opened = await openCursor(deps, head, nowMs);
    if (opened.reorganised) telling.forget();
    let { cursor } = opened;
    const sum = { told: 0, parked: 0, orphaned: 0 };
    let held = false;
    for (let from = cursor.blockNumber + 1; from <= head.number; ) {
      const to = Math.min(head.number, from + blocksPerSlice - 1);
      const done = await slice({ from, to, head, nowMs });
      sum.told += done.told;
      sum.parked += done.parked;
      sum.orphaned += done.orphaned;
      if (!held && done.last > cursor.blockNumber) cursor = await advance(deps, cursor, done.last);
      // Held back: what follows is still told, but the next look begins here again.
      held ||= done.held;
      from = to + 1;
    }
    const { number, finalized } = head;
    return { head: number, finalized, cursor: cursor.blockNumber, reorganised: opened.reorganised, ...sum };
  }

  async function watchedTick(): Promise<TickReport> {
    try {
      const lastTick = await tick();
      status = { network: network.name, lastTick, lastTickAtMs: clock.now(), lastError: null };
      return lastTick;
    } catch (error) {
      status = { ...status, lastError: String(error) };
      throw error;
    }
  }

  async function run(intervalMs: number): Promise<void> {
    while (!stopped) {
      await watchedTick().catch((error) => logger.warn({ network: network.name, error }, 'a look at the chain failed'));
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    tick: watchedTick,
    start: (intervalMs) => {
      if (!stopped) return;
      stopped = false;
      loop = run(intervalMs);
    },
    stop: async () => {
      stopped = true;
      wake();
      await loop;
    },
    status: () => status,
  };
}
