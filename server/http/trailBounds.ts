import type { TrailEvent } from '../domain/auditTrail.ts';
import type { AppDeps } from './appDeps.ts';

/** Who cannot crowd out whom: operators and keys that proved themselves, other users, log-ins, and everybody else. */
export type Lane = 'operator' | 'user' | 'logIn' | 'stranger';

const windowMs = 60_000;
/** Records of one source in a minute; a person who errs makes fewer, and what is beyond is counted. */
const perSource = 20;
/** Records of all sources of a lane in a minute and process; about 450 bytes each, so no flood writes more than 210 MB a day. */
const perLane: Readonly<Record<Lane, number>> = { operator: 120, user: 60, logIn: 60, stranger: 60 };
/** Sources that are named with their count when the minute ends, the loudest first; the others share one record. */
const named = 20;
/** Sources that are told apart; an IPv6 flood has more, and they are counted together. */
const sourcesMax = 10_000;

interface Source {
  recorded: number;
  left: number;
  readonly event: TrailEvent;
}

/** What a minute holds so far. */
interface Minute {
  readonly index: number;
  readonly sources: Map<string, Source>;
  readonly recorded: Record<Lane, number>;
  /** Left out of sources that are not told apart. */
  beyond: number;
}

const newMinute = (index: number): Minute => ({
  ...{ index, sources: new Map(), beyond: 0 },
  recorded: { operator: 0, user: 0, logIn: 0, stranger: 0 },
});

/** Counts an event; false when it is one too many and only counted. */
function isTaken(minute: Minute, event: TrailEvent, lane: Lane, sourceName: string): boolean {
  const key = `${lane} ${sourceName}`;
  let source = minute.sources.get(key);
  if (source === undefined && minute.sources.size < sourcesMax) {
    source = { recorded: 0, left: 0, event };
    minute.sources.set(key, source);
  }
  const isOpen = (source?.recorded ?? 0) < perSource && minute.recorded[lane] < perLane[lane];
  if (isOpen) {
    minute.recorded[lane] += 1;
    if (source) source.recorded += 1;
  } else if (source) source.left += 1;
  else minute.beyond += 1;
  return isOpen;
}

const countOf = (outcome: string, atMs: number, { actor, role, address }: Partial<TrailEvent>): TrailEvent => ({
  ...{ atMs, category: 'security', actor: actor ?? '', role: role ?? '', action: 'refusals', path: '', outcome },
  ...{ requestId: '', address: address ?? '' },
});

/** What was left out of a minute: one record for each of the loudest sources, one for all others together. */
function countsOf({ sources, beyond }: Minute, atMs: number): readonly TrailEvent[] {
  const loud = [...sources.values()].filter(({ left }) => left > 0).sort((a, b) => b.left - a.left);
  const own = loud.slice(0, named).map(({ left, event }) => countOf(`${left} more`, atMs, event));
  const others = loud.slice(named);
  const rest = others.reduce((sum, { left }) => sum + left, beyond);
  if (rest === 0) return own;
  return [...own, countOf(`${rest} more of ${others.length}${beyond > 0 ? '+' : ''} other sources`, atMs, {})];
}

/** Runs work after a time without keeping the process alive for it. */
type Later = (work: () => void, ms: number) => void;
const later: Later = (work, ms) => void setTimeout(work, ms).unref();

/**
 * Records events so that nobody can fill the disk or hide behind a flood: each source and each lane has its part of a minute, and what was
 * left out is itself recorded when the minute ends. Changes are never bounded: only who has the right can make one.
 */
export function createTrailBounds(
  { trail, clock, logger }: Pick<AppDeps, 'trail' | 'clock' | 'logger'>,
  { after = later }: { readonly after?: Later } = {},
) {
  const running = new Set<Promise<void>>();
  let minute = newMinute(-1);
  let isEndPlanned = false;

  function record(event: TrailEvent): void {
    const work = trail(event)
      .catch((error: unknown) => logger.error({ err: error, ...event }, 'an event is not in the audit trail'))
      .finally(() => running.delete(work));
    running.add(work);
  }

  function turnTo(index: number): void {
    if (index === minute.index) return;
    const ended = minute;
    minute = newMinute(index);
    const endMs = Math.min((ended.index + 1) * windowMs, clock.now());
    for (const event of countsOf(ended, endMs)) record(event);
  }

  function planEnd(): void {
    if (isEndPlanned) return;
    isEndPlanned = true;
    const endsIn = (minute.index + 1) * windowMs - clock.now();
    after(
      () => {
        isEndPlanned = false;
        const now = Math.floor(clock.now() / windowMs);
        if (now === minute.index) planEnd();
        else turnTo(now);
      },
      Math.max(1, endsIn),
    );
  }

  return {
    record,
    /** Records an event if its source and its lane have room. */
    recordBounded(event: TrailEvent, lane: Lane, source: string): void {
      turnTo(Math.floor(event.atMs / windowMs));
      if (isTaken(minute, event, lane, source)) record(event);
      else planEnd();
    },
    /** Records what was left out so far, and waits until everything is written. */
    async end(): Promise<void> {
      turnTo(-1);
      await Promise.all(running);
    },
  };
}
