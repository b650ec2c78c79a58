import { arrivalKey } from '../../server/domain/claim.ts';
import type { AuditTools } from '../../server/domain/invariants/auditedStep.ts';
import { createPaymentAudit } from '../../server/domain/invariants/paymentAudit.ts';
import type { Transition } from '../../server/domain/transition.ts';
import type { SimulatedMarketplace } from '../support/simulatedMarketplace.ts';
import type { Row, SimulatedDatabase } from '../support/simulatedStore.ts';
import type { Answer } from './clients.ts';
import { quickDigest } from './quickDigest.ts';
import type { Ground } from './simulatedProcess.ts';
import { wrongAnswer } from './wrongAnswer.ts';

/** What the audit of the product and the model's own rules find wrong at the end of a run; each line begins with the rule. */
export function violationsOf(ground: Ground, answers: readonly Answer[]): string[] {
  const { database, marketplace } = ground;
  const ids = [...database.logs.keys()];
  return [
    ...ids.flatMap((id) => audited(ground, id)),
    ...repeatedClaims(database),
    ...ids.flatMap((id) => repeatedCredits(database, id)),
    ...undelivered(ground),
    ...outOfOrder(marketplace),
    ...unapplied(ground),
    ...answers.flatMap((answer) => wrongAnswer(database, answer)),
  ];
}

const historyOf = (database: SimulatedDatabase, paymentId: string): Transition[] =>
  (database.logs.get(paymentId) ?? []).map(({ transition }) => transition);

/** I1 to I7, I10, I11 and I13, by the module that audits the real database. */
function audited(ground: Ground, paymentId: string): string[] {
  const { database, marketplace, nowMs } = ground;
  const graces = { effectMs: 0, deadlineMs: Number.POSITIVE_INFINITY, payoutMs: 0 };
  const tools: AuditTools = { digest: quickDigest, projectionOf: () => ({}), nowMs, graces };
  const audit = createPaymentAudit(paymentId, tools);
  for (const row of database.logs.get(paymentId) ?? []) audit.step(stepOf(row, nowMs));
  const projected = database.projections.get(paymentId);
  const row = projected && { version: projected.seq, status: projected.to, state: projected.state, fields: {} };
  const request = requestOf(marketplace, audit.tail()?.state.requestId ?? '');
  return audit
    .end({ row: row ?? null, request })
    .map(({ invariant, record, detail }) => `${invariant}: ${record}: ${detail}`);
}

function stepOf({ transition, relay }: Row, atMs: number) {
  const parked = [...relay.parked].map(([effectKey, reason]) => ({ effectKey, reason, atMs }));
  const slot = transition.claims.find((name) => name.startsWith('slot:')) ?? null;
  return { transition, done: relay.done, parked, slot };
}

function requestOf({ requests, offers }: SimulatedMarketplace, id: string) {
  const request = requests.get(id);
  const unrejected = [...offers.values()].filter((offer) => offer.requestId === id && offer.status !== 'rejected');
  return request === undefined ? null : { status: request.status, fundedBy: request.fundedBy, unrejected };
}

/** I5 over all logs: no claim stands twice. */
function repeatedClaims({ logs }: SimulatedDatabase): string[] {
  const seen = new Set<string>();
  const repeated: string[] = [];
  for (const { transition } of [...logs.values()].flat()) {
    for (const name of transition.claims) {
      if (seen.has(name)) repeated.push(`I5: ${name} is claimed twice`);
      seen.add(name);
    }
  }
  return repeated;
}

/** G3: no transfer stands twice in a payment. */
function repeatedCredits(database: SimulatedDatabase, paymentId: string): string[] {
  const state = historyOf(database, paymentId).at(-1)?.state;
  const standing = state?.direction === 'in' ? state.arrivals.filter(({ reversed }) => !reversed).map(arrivalKey) : [];
  return new Set(standing).size === standing.length ? [] : [`G3: ${paymentId} counts a transfer twice`];
}

/** G7: clients are told of every event at least once, or a person is told that they were not. */
function undelivered({ database, watcher }: Ground): string[] {
  return [...database.rows.values()].flatMap(({ transition: { effects }, relay }) =>
    effects
      .filter(({ type }) => type === 'event' || type === 'alarm')
      .filter(({ key }) => !watcher.delivered.has(relay.parked.has(key) ? `${key}-parked` : key))
      .map(({ key, type }) => `G7: the ${type} ${key} was never delivered`),
  );
}

/** G7: what follows from the transitions of one payment is applied once each and in their order. */
function outOfOrder({ applied }: SimulatedMarketplace): string[] {
  const newest = new Map<string, number>();
  return applied.flatMap(({ aggregate, paymentId, seq }) => {
    const key = `${aggregate} ${paymentId}`;
    const before = newest.get(key) ?? 0;
    newest.set(key, seq);
    return seq > before ? [] : [`G7: ${aggregate} was moved by step ${seq} of ${paymentId} after step ${before}`];
  });
}

/** G7: nothing that should have moved a request or an offer was left out. */
function unapplied({ database, marketplace }: Ground): string[] {
  const done = new Set(marketplace.applied.map(({ aggregate, paymentId, seq }) => `${aggregate} ${paymentId} ${seq}`));
  return [...database.rows.values()].flatMap(({ transition: { effects, paymentId, seq } }) =>
    effects.flatMap((effect) => {
      const aggregate =
        effect.type === 'setRequestStatus' ? effect.requestId : effect.type === 'acceptOffer' ? effect.offerId : null;
      const missing = aggregate !== null && !done.has(`${aggregate} ${paymentId} ${seq}`);
      return missing ? [`G7: ${aggregate} was never moved by step ${seq} of ${paymentId}`] : [];
    }),
  );
}
