import { expect } from 'chai';
import { Redis } from 'ioredis';
import { eventually } from '../../support/eventually.ts';
import { untilAll } from '../support/crowd.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { startLoad } from '../support/load.ts';
import { recoverySeconds } from '../support/recovery.ts';
import type { Run, Scenario } from '../support/scenario.ts';

const tradesAtOnce = 6;
/** What an orchestrator gives a process before it kills it. */
const exitLimitSeconds = 10;
const limitMs = 120_000;

async function stopOne(stage: FaultStage, index: number, run: Run): Promise<number> {
  const server = stage.servers[index];
  if (!server) throw new Error('the stage has no such server');
  const program = server.process();
  const begun = performance.now();
  await server.kill('SIGTERM');
  const seconds = (performance.now() - begun) / 1000;
  expect(
    await program.ended,
    `${server.name} ends by itself, in order; its last words:\n${program.lastLines()}\n`,
  ).to.equal('exit code 0');
  expect(seconds, `${server.name} ends in time`).to.be.at.most(exitLimitSeconds);
  run.recovered(await recoverySeconds(stage, server));
  return seconds;
}

/** Below the half minute after which BullMQ takes a job away from a worker that is gone. */
const jobLimitMs = 15_000;

/** Jobs that a stopped worker left in progress: none stays there, and none was ever taken over. */
async function expectNoStalledJob(stage: FaultStage): Promise<void> {
  const redis = new Redis(stage.sandbox.info.redisUrl);
  try {
    const working = () => redis.llen('bull:nudges:active');
    await eventually(async () => (await working()) === 0, {
      timeoutMs: jobLimitMs,
      what: 'no job is left in progress',
    });
    const jobs = (await redis.keys('bull:nudges:*')).filter((key) => /^bull:nudges:\d+$/.test(key));
    for (const job of jobs) expect(await redis.hget(job, 'stc'), `${job} was taken over`).to.equal(null);
  } finally {
    redis.disconnect();
  }
}

/** Forwards out of one hot wallet go one after the other, some seconds each; those of a whole load take minutes. */
const forwardsLimitMs = 15 * 60_000;

/** While forwards go on, the newest block always holds one that has just arrived, and a look at that block finds money nobody has booked yet. */
function untilForwarded(stage: FaultStage): Promise<boolean> {
  const work = stage.mongo.db().collection('due_work');
  return eventually(
    async () => {
      const left = await work.countDocuments({ kind: { $in: ['requestForward', 'drivePayout'] } });
      if (left === 0) return true;
      throw new Error(`${left} are on their way`);
    },
    { timeoutMs: forwardsLimitMs, what: 'every forward has reached its vault' },
  );
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  const load = startLoad(stage, tradesAtOnce);
  const rounds = run.number('stops');
  const exits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const enough = load.paid() + run.number('tradesBetween');
    await eventually(() => load.paid() >= enough, { timeoutMs: limitMs, what: 'the load goes on' });
    exits.push(await stopOne(stage, round % stage.servers.length, run));
    run.say(`stopped in ${exits.at(-1)?.toFixed(2)} s with ${load.paid()} trades paid`);
  }
  // the load throws when a call that was cut off could not be repeated
  const trades = await load.stop();
  await untilAll(stage, trades, 'completed', limitMs);
  await expectNoStalledJob(stage);
  await untilForwarded(stage);
  run.figure('stops', rounds);
  run.figure('slowest exit (s)', Math.max(...exits).toFixed(2));
  run.figure('trades', trades.length);
}

/** An operator rolls the servers while people trade. */
export const orderlyStop: Scenario = {
  id: 'F16',
  title:
    'SIGTERM under load: calls in flight are finished or can be repeated, the process ends within 10 s, no job stalls',
  stage: { environment: { PAYOUT_MANUAL_AFTER_SECONDS: '20' } },
  numbers: { stops: { full: 9, short: 1 }, tradesBetween: { full: 6, short: 2 } },
  run,
};
