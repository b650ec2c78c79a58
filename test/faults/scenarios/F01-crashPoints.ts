import { expect } from 'chai';
import { dieUnread, liveAndDie } from '../support/crashLife.ts';
import { labelsOfSource, type PlannedDeath, plannedDeaths } from '../support/crashPlan.ts';
import { atATime, shuffled } from '../support/crowd.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { units } from '../support/trade.ts';

const same = 'the same end as without a death';

/** The innermost message says what did not come to pass. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.cause === undefined ? error.message : reasonOf(error.cause)) : String(error);

async function die(stage: FaultStage, planned: PlannedDeath, run: Run): Promise<void> {
  const { label, source, late, at } = planned;
  const seconds = await liveAndDie(stage, planned);
  if (late === undefined) run.recovered(seconds);
  run.crashed({ label, source, result: late ?? same, recoverySeconds: seconds });
  run.say(`${at} (${source}): recovered in ${seconds.toFixed(1)} s`);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  expect(
    labelsOfSource().filter((label) => !plannedDeaths.some((planned) => planned.label === label)),
    'every label of the source is died at',
  ).to.deep.equal([]);
  // the lives share one hot wallet without knowing of each other, so none may spend what another one's sweep brought
  await stage.chain.mint(stage.sandbox.info.deployment.hotWalletAddress, units('1000000'));
  const first = run.number('from');
  const chosen = shuffled(plannedDeaths, run.random).slice(first, first + run.number('deaths'));
  const failures: unknown[] = [];
  await atATime(chosen, run.number('atOnce'), async (planned) => {
    try {
      await die(stage, planned, run);
    } catch (error) {
      const { label, source } = planned;
      run.crashed({ label, source, result: 'FAILED', recoverySeconds: Number.NaN });
      run.say(`${planned.at} FAILED: ${reasonOf(error)}`);
      failures.push(error);
    }
  });
  if (run.number('unread') > 0) {
    const recoverySeconds = await dieUnread(stage);
    run.recovered(recoverySeconds);
    run.crashed({
      label: 'insert applied, reply not read',
      source: 'any of the first after the intent',
      result: same,
      recoverySeconds,
    });
  }
  run.figure('labels', new Set(chosen.map(({ label }) => label)).size);
  run.figure('deaths', chosen.length);
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of ${chosen.length} lives did not end as they should`);
}

/** A server dies at every labelled point, for every source that passes it. */
export const crashPoints: Scenario = {
  id: 'F1',
  title: 'kill -9 at each labelled point, for each source that passes it: the payment ends as if nothing had happened',
  // each life has a server and a database of its own
  stage: { servers: [] },
  numbers: {
    deaths: { full: plannedDeaths.length, short: 2 },
    from: { full: 0, short: 0 },
    unread: { full: 1, short: 0 },
    atOnce: { full: 3, short: 2 },
  },
  run,
};
