import { noSuchPayment } from '../commands/rules/refusal.ts';
import { externalIdOf } from '../domain/externalId.ts';
import type { State } from '../domain/state.ts';
import type { AppDeps } from './appDeps.ts';
import { createMoneySpelling, presentBalances, presentStatement } from './presentLedger.ts';
import { iso } from './presentParts.ts';
import { bodyPrint, redact } from './redact.ts';

/** Steps that are shown, and deliveries that are looked through. */
const newestSteps = 50;
const newestDeliveries = 200;

/** Gathers what a person needs to understand one payment, every part of it bounded and without secrets. */
export function createDebugBundle(deps: AppDeps) {
  const { transitions, ledger, watching, providerEvents, gateway } = deps;
  const spelling = createMoneySpelling(gateway);

  async function cursorOf(chainId: number) {
    const cursor = await watching.cursor(chainId);
    return cursor === null ? null : { block: cursor.blockNumber, remembered: cursor.recent.length };
  }

  async function deliveriesNaming(names: readonly string[]) {
    const found = await providerEvents.list(newestDeliveries);
    const deliveries = found.flatMap(({ body, bytes: _, receivedAtMs, ...rest }) =>
      body !== null && names.some((name) => body.includes(name))
        ? [{ ...rest, receivedAt: iso(receivedAtMs), body: bodyPrint(body) }]
        : [],
    );
    return { deliveries, unreadDeliveries: found.filter(({ body }) => body === null).length };
  }

  return async function debugBundle(id: string) {
    const tail = await transitions.tail(id);
    if (tail === null) throw noSuchPayment();
    const after = Math.max(0, tail.seq - newestSteps);
    const [steps, books, lines, kept, cursor, deliveries] = await Promise.all([
      transitions.after(id, after, newestSteps),
      ledger.paymentBalances(id),
      ledger.statement(id, after, newestSteps),
      watching.ofPayment(id),
      cursorOf(tail.state.asset.chainId),
      deliveriesNaming(namesOf(tail.state)),
    ]);
    return {
      ...{ paymentId: id, seq: tail.seq, hash: tail.hash, stateHash: tail.stateHash },
      state: redact(tail.state) as Record<string, unknown>,
      steps: steps.map(({ seq, kind, atMs, state, effects }) => ({
        ...{ seq, kind, at: iso(atMs), status: state.status },
        effects: effects.map(({ key, type }) => ({ key, type })),
      })),
      newest: { actor: tail.actor, claims: redact(tail.claims), evidence: redact(tail.evidence) },
      balances: presentBalances(books.balances, spelling),
      legs: presentStatement(lines, spelling),
      work: kept.work.map(({ atMs, leaseUntilMs, ...rest }) => ({
        ...{ ...rest, at: iso(atMs) },
        leasedUntil: leaseUntilMs === 0 ? null : iso(leaseUntilMs),
      })),
      watch: redact(kept.watch),
      cursor,
      ...deliveries,
    };
  };
}

/** Under which names the provider may speak of it. */
function namesOf(state: State): string[] {
  if (state.direction === 'out') return [state.machine.externalId];
  const given = state.direction === 'in' ? [state.provider?.externalId, state.forward?.externalId] : [];
  return [externalIdOf(state.id), ...given.filter((name) => name !== undefined)];
}
