import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { account, balanceOf } from '../../server/domain/ledger.ts';
import { decide } from '../../server/domain/payment.ts';
import type { IntentFacts, Signal } from '../../server/domain/signal.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { watchOf } from '../../server/events/watchOf.ts';
import { createLook } from '../../server/monitor/chainLook.ts';
import type { ChainReader, Network } from '../../server/ports/outside.ts';
import type { CrashPoint, Queries, TransitionStore } from '../../server/ports.ts';
import { digest } from '../../server/store/codec.ts';
import { memoryLogger } from '../providers/chain/chainWorld.ts';
import { randomIds } from '../support/factories.ts';
import { createSimulatedStore, SimulatedDatabase } from '../support/simulatedStore.ts';
import { memoryCursors, memoryWatches } from './chainBooks.ts';

/** How one server process differs from a healthy one: where it dies, and what stands between it and the database. */
interface Trouble {
  readonly crash?: CrashPoint;
  readonly wrap?: (store: TransitionStore) => TransitionStore;
}

/** Server processes that mirror one chain into one database: the real coordinator and monitor over the simulated store. */
export function openMirror(network: Network, chain: ChainReader, now: () => number) {
  const database = new SimulatedDatabase();
  const [cursors, watches, logger] = [memoryCursors(), memoryWatches(), memoryLogger()];
  const clock = { now };
  // Reversals are not what this mirror is for.
  const queries = { arrivalsAbove: async () => [] } as unknown as Queries;

  function process({ crash = () => {}, wrap = (store) => store }: Trouble = {}) {
    const store = wrap(createSimulatedStore(database));
    const quiet = { crash: () => {}, wakeRelay: () => {}, startTimer: () => () => {}, pause: async () => {} };
    const coordinator = createPaymentCoordinator({
      ...{ transitions: store, decide, digest, ids: randomIds, logger, clock },
      ...quiet,
    });
    const tick = createLook({
      ...{ network, chain, cursors, watches, queries, store, coordinator, logger, clock, crash },
      marketplaceId: 'main',
    });
    return { tick, tell: (id: string, signal: Signal) => coordinator.observe(id, signal, { actor: 'test' }) };
  }
  const first = process();

  const steps = (paymentId: string) => database.history(paymentId);
  const state = (paymentId: string): PaymentState => {
    const found = steps(paymentId).at(-1)?.state;
    if (found?.direction !== 'in') throw new Error(`${paymentId} is no payment`);
    return found;
  };
  return {
    ...{ database, logger, cursors, process, state, steps },
    tell: first.tell,
    open: async (paymentId: string, intent: IntentFacts) => {
      await first.tell(paymentId, { kind: 'intentOpened', intent });
      const watch = watchOf(state(paymentId));
      if (watch !== null) await watches.upsert(watch);
    },
    /** What the books say that the contract keeps for an account out of a payment. */
    credit: (paymentId: string, owner: string): bigint => {
      const { balances, asset } = state(paymentId);
      return balanceOf(balances, account.credit(owner, paymentId), `${asset.network}:${asset.token}`);
    },
    /** Sum of all legs on the accounts that a pattern names, over these payments. */
    sum: (paymentIds: readonly string[], accounts: RegExp): bigint =>
      paymentIds
        .flatMap((paymentId) => steps(paymentId).flatMap(({ legs }) => legs))
        .reduce((total, leg) => (accounts.test(leg.account) ? total + leg.amount : total), 0n),
    kinds: (paymentId: string) => steps(paymentId).map(({ kind }) => kind),
    /** Types of the events for the frontends, in order. */
    told: (paymentId: string): string[] =>
      steps(paymentId).flatMap(({ effects }) =>
        effects.flatMap((effect) =>
          effect.type === 'event' && effect.event.name === 'payment.updated' ? [effect.event.type] : [],
        ),
      ),
  };
}
export type Mirror = ReturnType<typeof openMirror>;
