import { replyLost } from './scenarios/F05-replyLost.ts';
import { sameHash } from './scenarios/F14-sameHash.ts';
import { type FaultStage, openFaultStage } from './support/faultStage.ts';
import { runScenario } from './support/runScenario.ts';

/** The shortest of what `npm run faults` does, on one stage; the run of everything has ten minutes. */
describe('faults: short scenarios on three servers behind proxies', function () {
  this.timeout(240_000);
  let stage: FaultStage;
  before(async () => {
    stage = await openFaultStage();
  });
  after(() => stage.close());

  for (const scenario of [replyLost, sameHash]) {
    it(`${scenario.id}: ${scenario.title}`, async () => {
      const outcome = await runScenario(scenario, { size: 'short', stage });
      if (outcome.error) throw new Error(`seed ${outcome.seed}`, { cause: outcome.error });
    });
  }
});
