import type { AuditedStep, AuditTools } from '../../domain/invariants/auditedStep.ts';
import { type BookedFacts, createBookedFacts } from '../../domain/invariants/bookedFacts.ts';
import { isFunding } from '../../domain/invariants/marketplace.ts';
import { createPaymentAudit } from '../../domain/invariants/paymentAudit.ts';
import { createReport, type Violation } from '../../domain/invariants/violation.ts';
import type { State } from '../../domain/state.ts';
import type { AuditedBooks, UnreadableStep } from '../../ports/audit.ts';
import { type ChainSources, compareWithChain, type PinnedNetwork } from './auditChain.ts';

export interface AuditSources extends ChainSources {
  readonly books: AuditedBooks;
  readonly tools: AuditTools;
  /** By name; a log of a network that is not configured any more is compared with no chain. */
  readonly pinned: ReadonlyMap<string, PinnedNetwork>;
  /** Blocks below this one are left alone. */
  readonly since: number;
  /** A log that reaches farther back on its chain is refused, when somebody waits. */
  readonly mostBlocks?: number;
}

/** An effect that was given up: nothing is lost, a person has to see to it. */
export interface ParkedNote {
  readonly record: string;
  readonly reason: string;
  readonly ageMs: number;
}

/** One log that was read to its end. */
interface Finished {
  readonly logId: string;
  readonly transitions: number;
  /** Its network, when that is not configured. */
  readonly notCompared: string | null;
  readonly violations: readonly Violation[];
  readonly parked: readonly ParkedNote[];
}

/** One log while its steps are fed. */
export interface OpenLog {
  readonly logId: string;
  readonly facts: BookedFacts;
  feed(step: AuditedStep | UnreadableStep): void;
  state(): State | null;
  transitions(): number;
  parked(): readonly ParkedNote[];
  readonly audit: ReturnType<typeof createPaymentAudit>;
}

/** Enough to know where to look; more of one log are of one kind. */
const mostParked = 20;

/** The log that a transition's id names. */
export const logIdOf = (transitionId: string) => transitionId.slice(0, transitionId.lastIndexOf(':'));
export const idOf = (step: AuditedStep | UnreadableStep) => ('unreadable' in step ? step.id : step.transition.id);

/** Opens the auditor of one log. */
export function openLog({ tools, pinned }: AuditSources, logId: string, network: string): OpenLog {
  const audit = createPaymentAudit(logId, tools);
  const booked = createBookedFacts(pinned.get(network)?.number ?? Number.POSITIVE_INFINITY);
  const parked: ParkedNote[] = [];
  let transitions = 0;

  return {
    ...{ logId, audit, facts: booked.facts },
    feed(step) {
      transitions += 1;
      if ('unreadable' in step) {
        audit.unreadable(step.id, step.unreadable);
        return;
      }
      const before = audit.tail();
      audit.step(step);
      if (audit.isReadable()) booked.step(step.transition, before);
      for (const { effectKey, reason, atMs } of step.parked) {
        if (parked.length < mostParked) parked.push({ record: effectKey, reason, ageMs: tools.nowMs - atMs });
      }
    },
    state: () => (audit.isReadable() ? (audit.tail()?.state ?? null) : null),
    transitions: () => transitions,
    parked: () => parked,
  };
}

/** Compares a batch of logs that were read to their ends with what stands beside them and with the chain. */
export async function finishLogs(sources: AuditSources, logs: readonly OpenLog[]): Promise<Finished[]> {
  const { books, pinned, since } = sources;
  const states = logs.map((log) => log.state()).filter((state) => state !== null);
  const [rows, requests] = await Promise.all([
    books.rows(logs.map(({ logId }) => logId)),
    books.requests([...new Set(states.filter(isFunding).map(({ requestId }) => requestId))]),
  ]);
  const found = logs.map((log) => {
    const { violations, report } = createReport();
    const request = requests.get(log.state()?.requestId ?? '') ?? null;
    const own = log.audit.end({ row: rows.get(log.logId) ?? null, request });
    return { log, state: log.state(), own, violations, report };
  });
  for (const [name, network] of pinned) {
    const here = found.flatMap(({ log, state, report }) =>
      state?.asset.network === name ? [{ state, facts: log.facts, report }] : [],
    );
    if (here.length > 0) await compareWithChain({ ...sources, pinned: network, since }, here);
  }
  return found.map(({ log, state, own, violations }) => ({
    logId: log.logId,
    transitions: log.transitions(),
    notCompared: state === null || pinned.has(state.asset.network) ? null : state.asset.network,
    violations: [...own, ...violations],
    parked: log.parked(),
  }));
}

/** Reads one log alone; null when it has no transition. */
export async function auditLog(sources: AuditSources, logId: string): Promise<Finished | null> {
  let log: OpenLog | null = null;
  for await (const step of sources.books.steps(logId)) {
    log ??= openLog(sources, logId, networkOf(step));
    log.feed(step);
  }
  if (log === null) return null;
  const [finished] = await finishLogs(sources, [log]);
  return finished ?? null;
}

/** The network that a log's first readable step names. */
export const networkOf = (step: AuditedStep | UnreadableStep) =>
  'unreadable' in step ? '' : (step.transition.state?.asset?.network ?? '');
