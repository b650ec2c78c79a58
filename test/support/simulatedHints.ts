import type { TailHints } from '../../server/ports.ts';
import type { SimulatedDatabase } from './simulatedStore.ts';

/** Quick reads over the simulated database, every one an atomic step: the copies, and whether a tail still is the newest. */
export function createSimulatedHints(database: SimulatedDatabase): TailHints {
  return {
    hint: async (paymentId) => {
      database.operations += 1;
      return database.projections.get(paymentId) ?? null;
    },
    isTail: async ({ paymentId, hash }) => {
      database.operations += 1;
      return database.history(paymentId).at(-1)?.hash === hash;
    },
  };
}
