import type { Violation } from '../domain/invariants/violation.ts';
import {
  type AuditSources,
  auditLog,
  finishLogs,
  idOf,
  logIdOf,
  networkOf,
  type OpenLog,
  openLog,
  type ParkedNote,
} from './rules/auditLogs.ts';
import { type AuditDeps, blocksOf, confirmPins, type PinnedBlock, pinAudit, untilTold } from './rules/auditPins.ts';

/** What an audit of everything looked at and found. Lists are cut, the counts are of all. */
export interface BooksReport {
  readonly checked: {
    readonly payments: number;
    readonly transitions: number;
    readonly violations: number;
    readonly parked: number;
  };
  /** Facts of the chain in older blocks were left alone. */
  readonly since: number;
  readonly blocks: readonly PinnedBlock[];
  /** Networks that logs name and that are not configured (any more): nothing of them was compared with a chain. */
  readonly notCompared: readonly { readonly network: string; readonly logs: number }[];
  readonly violations: readonly Violation[];
  readonly parked: readonly ParkedNote[];
}

/** Logs that are compared with the chain at a time: their addresses fill two questions for logs. */
const logsAtOnce = 200;
/** Facts of the chain in one batch, which a hostile payment may have thousands of (dust). */
const factsAtOnce = 5_000;
/** Enough for a person to begin with; of whole books that are wrong the rest would only fill the memory. */
const mostListed = 1_000;
/** How long the monitors get to tell what the pinned blocks hold, before something is called missing. */
const patienceMs = 30_000;
const progressEvery = 10_000;

/** What has been found so far; lists stay bounded. */
function createTally() {
  const [violations, parked]: [Violation[], ParkedNote[]] = [[], []];
  const notCompared = new Map<string, number>();
  const checked = { payments: 0, transitions: 0, violations: 0, parked: 0 };
  return {
    ...{ checked, violations, parked },
    notCompared: () => [...notCompared].map(([network, logs]) => ({ network, logs })),
    missed(network: string): void {
      notCompared.set(network, (notCompared.get(network) ?? 0) + 1);
    },
    add(found: { readonly violations?: readonly Violation[]; readonly parked?: readonly ParkedNote[] }): void {
      const { violations: more = [], parked: notes = [] } = found;
      checked.violations += more.length;
      checked.parked += notes.length;
      violations.push(...more.slice(0, mostListed - violations.length));
      parked.push(...notes.slice(0, mostListed - parked.length));
    },
  };
}
type Tally = ReturnType<typeof createTally>;

/** All logs in batches, each log fed to its end. */
async function* batchesOf(sources: AuditSources): AsyncGenerator<OpenLog[]> {
  let batch: OpenLog[] = [];
  let open: OpenLog | null = null;
  const isFull = () =>
    batch.length >= logsAtOnce || batch.reduce((sum, { facts }) => sum + facts.arrivals.size, 0) >= factsAtOnce;
  for await (const step of sources.books.steps()) {
    const logId = logIdOf(idOf(step));
    if (open === null || open.logId !== logId) {
      if (open !== null) batch.push(open);
      if (isFull()) {
        yield batch;
        batch = [];
      }
      open = openLog(sources, logId, networkOf(step));
    }
    open.feed(step);
  }
  if (open !== null) batch.push(open);
  if (batch.length > 0) yield batch;
}

/** Walks all logs; answers those that something was found of, which are read again before it is said. */
async function walk(deps: AuditDeps, sources: AuditSources, tally: Tally): Promise<string[]> {
  const suspects: string[] = [];
  let next = progressEvery;
  for await (const batch of batchesOf(sources)) {
    for (const { logId, transitions, notCompared, violations, parked } of await finishLogs(sources, batch)) {
      tally.checked.payments += 1;
      tally.checked.transitions += transitions;
      tally.add({ parked });
      if (notCompared !== null) tally.missed(notCompared);
      if (violations.length === 0) continue;
      if (suspects.length < mostListed) suspects.push(logId);
      else tally.add({ violations });
    }
    if (tally.checked.transitions < next) continue;
    next = tally.checked.transitions + progressEvery;
    const { payments, transitions } = tally.checked;
    deps.logger.info({ payments, transitions, suspects: suspects.length }, 'audit goes on');
  }
  return suspects;
}

/** Holds the whole database against all invariants, and against the chains at their newest final blocks. Writes nothing. */
export function createAuditBooks(deps: AuditDeps) {
  return async function auditBooks({ since = 0 }: { readonly since?: number } = {}): Promise<BooksReport> {
    const sources = await pinAudit(deps, since);
    deps.logger.info({ blocks: blocksOf(sources), since }, 'audit begins');
    const tally = createTally();
    tally.add({ violations: await sources.books.brokenFences() });
    const suspects = await walk(deps, sources, tally);
    if (suspects.length > 0) await untilTold(deps, sources, patienceMs);
    for (const logId of suspects) tally.add({ violations: (await auditLog(sources, logId))?.violations ?? [] });
    for await (const paymentId of sources.books.rowsWithoutHistory()) {
      const detail = 'it has a row in payments and no history';
      tally.add({ violations: [{ invariant: 'I6', record: paymentId, detail }] });
    }
    await confirmPins(deps, sources);
    const { checked, violations, parked } = tally;
    deps.logger.info({ ...checked }, 'audit ends');
    return { checked, since, blocks: blocksOf(sources), notCompared: tally.notCompared(), violations, parked };
  };
}
