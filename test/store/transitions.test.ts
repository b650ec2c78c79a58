import { openTestStore, type TestStore } from '../support/mongo.ts';
import { createSimulatedStore, SimulatedDatabase } from '../support/simulatedStore.ts';
import { behavesLikeStore, type StoreUnderTest } from './behavesLikeStore.ts';

describe('the log on the real mongod', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  behavesLikeStore(() => opened.store);
});

describe('the simulated log, which the model checker trusts', () => {
  let current: StoreUnderTest;
  before(() => {
    const transitions = createSimulatedStore(new SimulatedDatabase());
    current = { transitions, relay: transitions.relay };
  });
  behavesLikeStore(() => current);
});
