import type { Watching } from '../ports/watching.ts';
import type { Store } from '../store/createStore.ts';
import type { Ports } from './ports.ts';

/** Rows that are counted; beyond it a number says no more. */
const countedMost = 10_000;

/** What people may see of the monitors' work. */
export function watchingOf({ ports, store }: { ports: Pick<Ports, 'chain'>; store: Store }): Watching {
  return {
    finalized: async (network) => (await ports.chain.head(network)).finalized,
    cursor: (chainId) => store.cursors.get(chainId),
    watched: (chainId, nowMs, limit) => store.watches.page(chainId, nowMs, '', limit),
    async duePolls(nowMs) {
      const rows = await store.backlogs.dueWork(nowMs, countedMost);
      return rows.find(({ kind }) => kind === 'poll') ?? { count: 0, oldestMs: null };
    },
    ofPayment: store.paymentWork,
  };
}
