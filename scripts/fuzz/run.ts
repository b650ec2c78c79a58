import { createAsking, type Finding, type Round } from './asking.ts';
import { anonymous, type Caller } from './callers.ts';
import type { ApiDocument } from './document.ts';
import { createSender } from './send.ts';
import { prepareWorld, readPayments, type Tokens, type World } from './world.ts';

/** What one fuzz run is asked to do. */
export interface FuzzWanted {
  readonly url: string;
  readonly tokens: Tokens;
  readonly document: ApiDocument;
  /** Requests of each caller to each operation, in each of the two rounds. */
  readonly runs: number;
  readonly seed: number;
  /** No longer than this; what is not asked by then is told. */
  readonly seconds: number;
  /** Parts that are known to be away, whose 5xx are declared. */
  readonly absent: readonly string[];
  /** Operations whose name has this in it; all by default. */
  readonly only?: string;
  readonly say: (line: string) => void;
}

export interface FuzzResult {
  readonly seed: number;
  readonly requests: number;
  readonly operations: number;
  readonly callers: readonly string[];
  /** How many answers there were of each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Payments that were there before the round in which nothing may change. */
  readonly payments: number;
  /** Operations that no time was left for. */
  readonly leftOut: number;
  readonly findings: readonly Finding[];
}

const about: Readonly<Record<Round, string>> = { harmless: 'what may change nothing', all: 'anything' };

/**
 * Asks every operation of the document as everybody: first what may change nothing (anything from nobody, and what the document forbids from
 * everybody else), after which every payment has to be as it was; then an injection in every text there is; then anything from everybody, which
 * also reads what was kept of it all.
 */
export async function fuzz(wanted: FuzzWanted): Promise<FuzzResult> {
  const { url, tokens, document, say } = wanted;
  const sender = createSender(url);
  const endMs = Date.now() + wanted.seconds * 1000;
  const tally = { requests: 0, leftOut: 0, statuses: new Map<string, number>() };
  const findings: Finding[] = [];
  let world: World | undefined;
  try {
    world = await prepareWorld(sender.send, tokens);
    const before = await readPayments(sender.send, tokens.admin);
    const operations = document.operations.filter(({ name }) => name.includes(wanted.only ?? ''));
    const asking = createAsking({ ...wanted, known: world.known, send: sender.send, tally });
    const rounds: readonly (readonly [Round, readonly Caller[]])[] = [
      ['harmless', [anonymous, ...world.callers]],
      ['all', world.callers],
    ];
    for (const [round, callers] of rounds) {
      for (const operation of operations) {
        for (const caller of callers) {
          const leftMs = endMs - Date.now();
          if (leftMs <= 0) tally.leftOut += 1;
          else findings.push(...(await asking.ask(operation, caller, { round, leftMs })));
        }
      }
      say(`${about[round]}: ${tally.requests} requests, ${findings.length} findings`);
      if (round === 'all') continue;
      findings.push(...changesSince(before, await readPayments(sender.send, tokens.admin)));
      findings.push(...(await asking.sweep(operations, world.callers, endMs)));
      say(`an injection in every text: ${tally.requests} requests, ${findings.length} findings`);
    }
    const { requests, leftOut, statuses } = tally;
    const callers = ['anonymous', ...world.callers.map(({ name }) => name)];
    const counts = Object.fromEntries([...statuses].sort());
    return {
      seed: wanted.seed,
      requests,
      operations: operations.length,
      callers,
      statuses: counts,
      payments: before.size,
      leftOut,
      findings,
    };
  } finally {
    await world?.end().catch((error: unknown) => say(`its key is not revoked: ${error}`));
    sender.close();
  }
}

function changesSince(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Finding[] {
  return [...before].flatMap(([id, was]) => {
    const is = after.get(id) ?? 'gone';
    if (is === was) return [];
    return [{ operation: 'all', caller: 'all', what: `payment ${id} was ${was} and is ${is}`, broken: '', curl: '' }];
  });
}
