import { createReconcile } from '../commands/reconcile.ts';
import type { Config } from '../config.ts';
import { createNightly, nextNightMs, nightlyRow } from '../monitor/nightly.ts';
import type { Chain } from '../providers/chain/connectChain.ts';
import { createShkeeperClient } from '../providers/shkeeper/client.ts';
import { createShkeeperWallets } from '../providers/shkeeper/provider.ts';
import type { Store } from '../store/createStore.ts';
import type { Ports } from './ports.ts';

/** The nightly reconciliation: what works its due row, and what makes sure that the row is there. */
export function nightlyOf({
  config,
  ports,
  store,
  chain,
}: {
  config: Config;
  ports: Ports;
  store: Store;
  chain: Chain;
}) {
  const { clock } = ports;
  const client = createShkeeperClient({ url: config.SHKEEPER_URL, apiKey: config.SHKEEPER_API_KEY });
  const { ledger, reconciliation: reports, watches, watched, cursors } = store;
  let stopping = false;
  const reconcile = createReconcile({
    ...ports,
    ...{ ledger, reports, watches, watched, cursors, balances: chain.balances },
    wallets: createShkeeperWallets(client),
    isStopping: () => stopping,
  });
  return {
    handler: createNightly({ reconcile, reports, clock }),
    stop: async () => {
      stopping = true;
      await store.stopReports();
    },
    plan: () => store.dueWork.schedule('reconcile', nightlyRow, nextNightMs(clock.now())),
  };
}
