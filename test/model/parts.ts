import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { decide } from '../../server/domain/payment.ts';
import { createRelay } from '../../server/events/relay.ts';
import { createSubscribers } from '../../server/events/subscribers.ts';
import type { AppendResult, RelayStore, TailHints, TransitionStore } from '../../server/ports.ts';
import { SimulatedMarketplace } from '../support/simulatedMarketplace.ts';
import { createSimulatedRelay } from '../support/simulatedRelay.ts';
import { createSimulatedHints, createSimulatedStore, SimulatedDatabase } from '../support/simulatedStore.ts';
import type { Fault } from './weather.ts';

/** Everything a simulated process is put together from; a deliberately broken product replaces one of them. */
export interface Parts {
  readonly createDatabase: () => SimulatedDatabase;
  readonly createLog: (database: SimulatedDatabase) => TransitionStore;
  readonly createHints: (database: SimulatedDatabase) => TailHints;
  readonly createRelayStore: (database: SimulatedDatabase) => RelayStore;
  readonly createMarketplace: () => SimulatedMarketplace;
  readonly decide: typeof decide;
  readonly createCoordinator: typeof createPaymentCoordinator;
  readonly createSubscribers: typeof createSubscribers;
  readonly createRelay: typeof createRelay;
  /** Hears of every fault that came to pass and of every outcome of an append. */
  readonly count?: (what: Fault | AppendResult['outcome']) => void;
}

/** The real coordinator, relay, subscribers and decisions over simulated stores. */
export const realParts: Parts = {
  createDatabase: () => new SimulatedDatabase(),
  createLog: createSimulatedStore,
  createHints: createSimulatedHints,
  createRelayStore: (database) => createSimulatedRelay(database),
  createMarketplace: () => new SimulatedMarketplace(),
  decide,
  createCoordinator: createPaymentCoordinator,
  createSubscribers,
  createRelay,
};
