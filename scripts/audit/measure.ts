// What an audit of a large database needs: fills the database of MONGODB_URI with made-up payments, then audits it without a chain.
//   node scripts/audit/measure.ts fill 20000      # payments, of six transitions each
//   node --max-semi-space-size=2 --max-old-space-size=96 scripts/audit/measure.ts audit

import { randomBytes, randomUUID } from 'node:crypto';
import { createAuditBooks } from '../../server/commands/auditBooks.ts';
import { systemClock } from '../../server/deps/system.ts';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { State } from '../../server/domain/state.ts';
import { effectKey, type Transition, transitionId } from '../../server/domain/transition.ts';
import { createLogger } from '../../server/logger.ts';
import type { ChainBooks } from '../../server/ports/audit.ts';
import type { ChainReader } from '../../server/ports/outside.ts';
import { openAuditedBooks, projectedFields } from '../../server/store/auditedBooks.ts';
import { digest } from '../../server/store/codec.ts';
import { connectForSetup } from '../../server/store/connection.ts';
import { createStore } from '../../server/store/createStore.ts';
import { projectionOf } from '../../server/store/projection.ts';
import { toDocument } from '../../server/store/transitionDocument.ts';
import { releasedStory } from './story.ts';

const uri = process.env.MONGODB_URI ?? '';
const batch = 200;

/** The log that these signals leave behind, every effect done. */
function logOf(paymentId: string, signals: readonly Signal[]): Transition[] {
  const steps: Transition[] = [];
  let state: State | null = null;
  for (const signal of signals) {
    const [seq, atMs] = [steps.length + 1, Date.now()];
    const context = { paymentId, seq, nowMs: atMs, lostClaims: new Set<string>(), actor: 'measure' };
    const decision = decide(state, signal, context);
    if (decision.outcome !== 'change') throw new Error(JSON.stringify(decision));
    const content = {
      ...{ id: transitionId(paymentId, seq), paymentId, seq, from: state?.status ?? null, to: decision.state.status },
      ...{ kind: signal.kind, atMs, actor: 'measure', claims: decision.claims, legs: decision.legs },
      effects: decision.effects.map((effect, n) => ({ ...effect, key: effectKey(paymentId, seq, n) })),
      ...{ state: decision.state, stateHash: digest(decision.state), attempt: randomUUID() },
      evidence: signal.kind === 'intentOpened' ? {} : { signal },
      prev: steps.at(-1)?.hash ?? '0'.repeat(64),
    };
    steps.push({ ...content, hash: digest(content) });
    state = decision.state;
  }
  return steps;
}

async function fill(payments: number): Promise<void> {
  await (await createStore({ uri })).close();
  const { database, close } = await connectForSetup({ uri });
  for (let done = 0; done < payments; done += batch) {
    const logs = Array.from({ length: Math.min(batch, payments - done) }, () => {
      const paymentId = randomBytes(12).toString('hex');
      return logOf(paymentId, releasedStory(paymentId));
    });
    const tails = logs.map((log) => log[log.length - 1]).filter((tail) => tail !== undefined);
    const transitions = logs
      .flat()
      .map((step) => ({ ...toDocument(step), relay: { done: true, lease: 0, fence: 1, parked: [] } }));
    await database.collection<{ _id: string }>('payment_transitions').insertMany(transitions);
    const rows = tails.map((tail) => ({ _id: tail.paymentId, ...projectionOf(tail), externalIds: [] }));
    await database.collection<{ _id: string }>('payments').insertMany(rows);
    const requests = tails.map(({ paymentId, state }) => ({
      _id: state.requestId,
      status: 'seller_paid',
      fundedBy: paymentId,
    }));
    await database.collection<{ _id: string }>('purchase_requests').insertMany(requests);
    const offers = tails.map(({ state }) => ({ _id: state.offerId, requestId: state.requestId, status: 'accepted' }));
    await database.collection<{ _id: string }>('seller_offers').insertMany(offers);
  }
  await close();
}

async function audit(): Promise<void> {
  const { books, close } = openAuditedBooks({ uri });
  const begun = performance.now();
  const auditBooks = createAuditBooks({
    ...{ auditedBooks: books, chainBooks: {} as ChainBooks, chain: {} as ChainReader, gateway: { networks: () => [] } },
    ...{ digest, projectedFields, clock: systemClock, logger: createLogger('warn'), manualAfterMs: 86_400_000 },
  });
  const { checked, violations } = await auditBooks();
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ checked, violations: violations.slice(0, 5), seconds, rssMb }));
  await close();
}

const [what, count = '20000'] = process.argv.slice(2);
if (uri === '' || (what !== 'fill' && what !== 'audit'))
  throw new Error('MONGODB_URI=… measure.ts fill [payments] | audit');
await (what === 'fill' ? fill(Number(count)) : audit());
