import { openTestStore, type TestStore } from '../support/mongo.ts';
import { createSimulatedHints, createSimulatedStore, SimulatedDatabase } from '../support/simulatedStore.ts';
import { behavesLikeStore } from './behavesLikeStore.ts';
import type { StoreFault, StoreUnderTest } from './behaviour/storeUnderTest.ts';

const commands = ['insert', 'find', 'update', 'findAndModify'];
/** The driver repeats once by itself, so that the line has to break twice. */
const failPoints: Readonly<Record<StoreFault, { mode: object; data: object }>> = {
  lineCut: { mode: { times: 2 }, data: { failCommands: commands, closeConnection: true } },
  unconfirmed: {
    mode: { times: 1 },
    data: { failCommands: ['insert'], writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } },
  },
};

describe('the log on the real mongod', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  behavesLikeStore(() => ({
    ...opened.store,
    failing: (fault, work) => opened.failing(failPoints[fault], work),
  }));
});

describe('the simulated log, which the model checker trusts', () => {
  let current: StoreUnderTest;
  before(() => {
    const database = new SimulatedDatabase();
    const transitions = createSimulatedStore(database);
    current = {
      ...{ transitions, relay: transitions.relay, hints: createSimulatedHints(database) },
      async failing(fault, work) {
        if (fault === 'lineCut') database.isReachable = false;
        else database.partition(Number.POSITIVE_INFINITY, true);
        try {
          return await work();
        } finally {
          database.isReachable = true;
          database.heal();
        }
      },
    };
  });
  behavesLikeStore(() => current);
});
