import type { Clock } from '../ports.ts';
import { type CreditSources, tellWithdrawals } from './chainCredits.ts';
import { advance, type CursorSources, openCursor } from './chainCursor.ts';
import { type FactSources, type Range, readFacts } from './chainFacts.ts';
import { createFinalityAlarm } from './chainFinalityAlarm.ts';
import { findOrphans, type OrphanSources } from './chainOrphans.ts';
import { createSettlementSightings } from './chainSettlements.ts';
import { createTelling, type TellingSources } from './chainTelling.ts';

/** What looking at one network needs; `marketplaceId` names the books that money of nobody goes to. */
export interface LookDeps extends FactSources, CursorSources, OrphanSources, TellingSources, CreditSources {
  readonly clock: Clock;
  /** 2,000 by default. */
  readonly blocksPerSlice?: number;
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

// The watches are paged through once a slice, and the cursor moves only after it; how much a node gives at once is the log scan's to find.
const usualBlocksPerSlice = 2_000;

/** Creates the look at one network: from the cursor up to the present head. */
export function createLook(deps: LookDeps): () => Promise<TickReport> {
  const { network, chain, clock, crash, blocksPerSlice = usualBlocksPerSlice } = deps;
  const telling = createTelling(deps);
  const settlements = createSettlementSightings(network, chain, telling);
  const watchFinality = createFinalityAlarm(deps);

  /** One slice: first what is no longer true, then what is; answers how far the cursor may go, which passes nothing untold. */
  async function lookAt(range: Range, owing: boolean) {
    const { facts, transfers, withdrawals } = await readFacts(deps, range);
    const { found, holdBelow } = await findOrphans(deps, range, transfers);
    let waiting = false;
    for (const { logId, signal } of found) if (!(await telling.tellNow(logId, signal))) waiting = true;
    const unseen = await settlements.compare(range, facts);
    const told = await telling.tell(facts, range.head.finalized);
    // A withdrawal is taken off credits that all the facts before it brought into the books, or left there.
    const due = owing || waiting || told.failed > 0 ? [] : withdrawals;
    const paid = await tellWithdrawals(deps, telling, due, range.head.finalized);
    crash('monitor:beforeCursor');
    const failed = waiting || told.failed + paid.failed > 0;
    const untold = failed ? range.from : Number.POSITIVE_INFINITY;
    const limit = Math.min(range.to, range.head.finalized);
    const last = Math.min(limit, holdBelow - 1, untold - 1);
    return {
      told: told.told + paid.told,
      parked: told.parked + paid.parked,
      last,
      failed,
      held: last < limit,
      orphaned: found.length + unseen,
    };
  }

  return async () => {
    const head = await chain.head(network.name);
    watchFinality(head);
    const nowMs = clock.now();
    const opened = await openCursor(deps, head, nowMs);
    if (opened.reorganised) telling.forget();
    let { cursor } = opened;
    const sum = { told: 0, parked: 0, orphaned: 0 };
    let held = false;
    let owing = false;
    for (let from = cursor.blockNumber + 1; from <= head.number; ) {
      const to = Math.min(head.number, from + blocksPerSlice - 1);
      const done = await lookAt({ from, to, head, nowMs }, owing);
      sum.told += done.told;
      sum.parked += done.parked;
      sum.orphaned += done.orphaned;
      if (!held && done.last > cursor.blockNumber) {
        const moved = await advance(deps, cursor, done.last, head);
        if (moved === cursor) held = true;
        else crash('monitor:cursorMoved');
        cursor = moved;
      }
      // Held back: what follows is still told, but the next look begins here again.
      held ||= done.held;
      owing ||= done.failed;
      from = to + 1;
    }
    const { number, finalized } = head;
    return { head: number, finalized, cursor: cursor.blockNumber, reorganised: opened.reorganised, ...sum };
  };
}
