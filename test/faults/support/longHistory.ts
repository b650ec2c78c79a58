import { randomUUID } from 'node:crypto';
import { createPaymentCoordinator } from '../../../server/commands/paymentCoordinator.ts';
import { systemClock } from '../../../server/deps/system.ts';
import { decide } from '../../../server/domain/payment.ts';
import type { Transition } from '../../../server/domain/transition.ts';
import { createLogger } from '../../../server/logger.ts';
import type { TransitionStore } from '../../../server/ports.ts';
import { digest } from '../../../server/store/codec.ts';
import { toDocument } from '../../../server/store/transitionDocument.ts';
import { transitionCollection } from '../../../server/store/transitionSchema.ts';
import { createTransitionLog } from '../../../server/store/transitions.ts';
import type { Stage } from './stage.ts';

const batchSize = 500;
const done = { done: true, lease: 0, fence: 1, parked: [] };

/** A log in memory that goes on from this transition. */
function growingLog(first: Transition): { readonly store: TransitionStore; readonly added: Transition[] } {
  const added: Transition[] = [];
  const store: TransitionStore = {
    async append(batch) {
      added.push(...batch);
      return batch.map(() => ({ outcome: 'appended' }));
    },
    tail: async () => added.at(-1) ?? first,
    at: async (_paymentId, seq) => added[seq - first.seq - 1] ?? null,
    after: async () => [],
    claimant: async () => null,
    highestClaim: async () => null,
    claimsUnder: async () => [],
    project: async () => undefined,
  };
  return { store, added };
}

/**
 * Lengthens the log of a payment at rest by so many transitions: built by the real coordinator and written in batches, all done but the
 * last, which the relay of the servers carries out. Screening's word, taken back each time, is a change that leaves the state as small as it was.
 */
export async function lengthen(stage: Stage, paymentId: string, count: number): Promise<void> {
  const database = stage.mongo.db();
  const first = await createTransitionLog(database).transitions.tail(paymentId);
  if (first === null) throw new Error(`there is no payment ${paymentId}`);
  const { store, added } = growingLog(first);
  const silent = () => undefined;
  const coordinator = createPaymentCoordinator({
    ...{ transitions: store, decide, digest, clock: systemClock, logger: createLogger('silent') },
    ...{ ids: { attempt: () => randomUUID() }, crash: silent, wakeRelay: silent },
  });
  for (let n = 0; n < count; n += 1) {
    const { outcome } = await coordinator.observe(
      paymentId,
      { kind: 'riskAssessed', hold: n % 2 === 0 },
      { actor: 'screening' },
    );
    if (outcome !== 'changed') throw new Error(`screening's word ${n} came to ${outcome}`);
  }
  const log = database.collection<{ _id: string }>(transitionCollection);
  for (let at = 0; at < added.length; at += batchSize) {
    const documents = added.slice(at, at + batchSize).map((transition) => {
      const document = toDocument(transition);
      return transition === added.at(-1) ? document : { ...document, relay: done };
    });
    await log.insertMany(documents, { ignoreUndefined: true });
  }
}
