import fc from 'fast-check';
import { anonymous, type Caller } from './callers.ts';
import type { ApiDocument, DocumentedOperation } from './document.ts';
import { createJudge } from './judge.ts';
import { createRequests, type Draft } from './requests.ts';
import { asCurl, type createSender, wireOf } from './send.ts';

/** Something that is not as it should be, with the smallest request that shows it. */
export interface Finding {
  readonly operation: string;
  readonly caller: string;
  readonly what: string;
  readonly broken: string;
  readonly curl: string;
}

/** Requests that may change nothing, and requests of people who may. */
export type Round = 'harmless' | 'all';

interface Tools {
  readonly url: string;
  readonly document: ApiDocument;
  readonly seed: number;
  readonly runs: number;
  readonly absent: readonly string[];
  readonly known: Parameters<typeof createRequests>[1];
  readonly send: ReturnType<typeof createSender>['send'];
  readonly tally: { requests: number; leftOut: number; readonly statuses: Map<string, number> };
}

/** Asks operations as callers, judges the answers and shrinks what is wrong. */
export function createAsking({ url, document, seed, runs, absent, known, send, tally }: Tools) {
  const requests = createRequests(document, known);
  const judge = createJudge(document, absent);

  async function judged(operation: DocumentedOperation, caller: Caller, draft: Draft) {
    const answer = await send(caller.known(wireOf(operation, draft)));
    tally.requests += 1;
    tally.statuses.set(String(answer.status), (tally.statuses.get(String(answer.status)) ?? 0) + 1);
    return { status: answer.status, fault: judge.fault(operation, answer) };
  }

  const findingOf = (
    operation: DocumentedOperation,
    caller: Caller,
    found: { draft: Draft; what: string },
  ): Finding => ({
    operation: operation.name,
    caller: caller.name,
    what: found.what,
    broken: found.draft.broken,
    curl: asCurl(url, caller.known(wireOf(operation, found.draft)), caller.name),
  });

  function draftsOf(operation: DocumentedOperation, caller: Caller, round: Round): fc.Arbitrary<Draft> {
    const broken = requests.broken(operation);
    if (round === 'harmless' && caller !== anonymous) return broken.filter((draft) => !judge.follows(operation, draft));
    return fc.oneof(requests.valid(operation), broken);
  }

  async function ask(
    operation: DocumentedOperation,
    caller: Caller,
    { round, leftMs }: { readonly round: Round; readonly leftMs: number },
  ): Promise<Finding[]> {
    const property = fc.asyncProperty(draftsOf(operation, caller, round), async (draft) => {
      const { fault } = await judged(operation, caller, draft);
      if (fault !== null) throw new Error(fault);
    });
    const limits = { interruptAfterTimeLimit: leftMs, markInterruptAsFailure: false };
    const checked = await fc.check(property, { seed, numRuns: runs, ...limits });
    if (!checked.failed || checked.counterexample === null) return [];
    const { counterexample, errorInstance } = checked;
    const what = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    return [findingOf(operation, caller, { draft: counterexample[0], what })];
  }

  /** An injection in every text of an operation, as those who may call it by turns; as many rounds as there are runs, at most all injections. */
  async function sweepOne(
    operation: DocumentedOperation,
    callers: readonly Caller[],
    from: number,
  ): Promise<Finding[]> {
    const findings: Finding[] = [];
    const drafts = requests.injected(operation, { from, seed, rounds: runs });
    const admitted: Caller[] = [];
    const put = async (caller: Caller, draft: Draft) => {
      const { status, fault } = await judged(operation, caller, draft);
      if (fault !== null) findings.push(findingOf(operation, caller, { draft, what: fault }));
      return status;
    };
    const [first, ...others] = drafts;
    if (first === undefined) return [];
    for (const caller of callers) if (![401, 403].includes(await put(caller, first))) admitted.push(caller);
    for (const [at, draft] of others.entries()) {
      const caller = admitted[at % admitted.length];
      if (caller !== undefined) await put(caller, draft);
    }
    return findings;
  }

  async function sweep(operations: readonly DocumentedOperation[], callers: readonly Caller[], endMs: number) {
    const findings: Finding[] = [];
    for (const [at, operation] of operations.entries()) {
      if (Date.now() > endMs) tally.leftOut += 1;
      else findings.push(...(await sweepOne(operation, callers, Math.abs(seed) + at)));
    }
    return findings;
  }
  return { ask, sweep };
}
