import { expect } from 'chai';
import { answersOk } from '../../../scripts/sandbox/simulator.ts';
import { eventually } from '../../support/eventually.ts';
import { transitions } from '../support/audit.ts';
import { untilAll } from '../support/crowd.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { type PatientLoad, startPatientLoad } from '../support/patientLoad.ts';
import { secondsUntilDone, undoneNow } from '../support/recovery.ts';
import { restartMongod } from '../support/restart.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { stepLimitMs } from '../support/trade.ts';

const tradesAtOnce = 4;
const limitMs = 180_000;
/** Longer than the servers' socket limit and its one repeat together (4 s), so that calls do fail. */
const awaySeconds = 5;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const replies = (stage: FaultStage) => stage.links('mongo').reduce((sum, link) => sum + link.traffic().replies, 0);
const requests = (stage: FaultStage) => stage.links('mongo').reduce((sum, link) => sum + link.traffic().requests, 0);

/** Each takes the database away for a while and proves that it was; it answers when the database is back. */
const faults: Readonly<Record<string, (stage: FaultStage) => Promise<void>>> = {
  async 'kill -9 and restart'(stage) {
    const program = stage.sandbox.mongo?.program;
    await program?.kill('SIGKILL');
    expect(await program?.ended).to.equal('signal SIGKILL');
    await restartMongod(stage);
  },
  async 'step down'(stage) {
    const admin = stage.mongo.db('admin');
    const term = async () => Number((await admin.command({ replSetGetStatus: 1 })).term);
    const before = await term();
    await admin.command({ replSetStepDown: awaySeconds, force: true, secondaryCatchUpPeriodSecs: 0 });
    expect((await admin.command({ hello: 1 }, { readPreference: 'nearest' })).isWritablePrimary).to.equal(false);
    await eventually(async () => (await admin.command({ hello: 1 })).isWritablePrimary === true, {
      timeoutMs: stepLimitMs,
      what: 'the database elects itself again',
    });
    expect(await term(), 'an election was held').to.be.greaterThan(before);
  },
  async SIGSTOP(stage) {
    const pid = stage.sandbox.mongo?.program.pid;
    if (pid === undefined) throw new Error('the stage has a database of its own');
    process.kill(pid, 'SIGSTOP');
    try {
      // what was under way before it stopped
      await pause(200);
      const [answered, asked] = [replies(stage), requests(stage)];
      await pause(awaySeconds * 1000);
      expect(replies(stage), 'a stopped database answers nothing').to.equal(answered);
      expect(requests(stage), 'the servers went on asking').to.be.greaterThan(asked);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  },
};

/** Takes the database away under load; answers how many calls were told so. */
async function away(stage: FaultStage, name: string, load: PatientLoad, run: Run): Promise<number> {
  const asked = stage.recorder.calls.length;
  await faults[name]?.(stage);
  const begun = performance.now();
  const undone = await undoneNow(stage);
  await Promise.all(
    stage.servers.map(async ({ url }) => {
      const seconds = await secondsUntilDone(stage, url, undone, begun);
      run.recovered(seconds);
      run.say(`${name}: ${url} recovered in ${seconds.toFixed(1)} s`);
    }),
  );
  const before = load.paid();
  await eventually(() => load.paid() >= before + tradesAtOnce, { timeoutMs: limitMs, what: 'the load goes on' });
  const during = stage.recorder.calls.slice(asked).filter(({ answer }) => answer?.status === 503);
  expect(during.length, `${name}: somebody was told 503`).to.be.greaterThan(0);
  return during.length;
}

/** An outage is never our mistake: no 500, and whoever is refused is told when to come again. */
function expectHonestAnswers(stage: FaultStage): void {
  for (const { method, path, answer } of stage.recorder.calls) {
    if (answer === null || answer.status < 500) continue;
    const said = `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`;
    expect(answer.status, said).to.be.oneOf([502, 503]);
    if (answer.status === 503) expect(Number(answer.retryAfter), said).to.be.greaterThan(0);
  }
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const load = startPatientLoad(stage, tradesAtOnce);
  await eventually(() => load.paid() >= tradesAtOnce, { timeoutMs: limitMs, what: 'the load has begun' });
  let refused = 0;
  // SIGSTOP first: a restarted database is another process
  for (const name of Object.keys(faults).reverse().slice(0, run.number('faults'))) {
    run.say(name);
    refused += await away(stage, name, load, run);
    expect(
      stage.servers.every((server) => server.isRunning()),
      `${name}: no server ended`,
    ).to.equal(true);
  }
  const trades = await load.stop();
  await untilAll(stage, trades, 'completed', limitMs);
  expectHonestAnswers(stage);
  for (const { paymentId } of trades) {
    const history = await transitions(stage, paymentId);
    expect(history.filter((step) => step.to === 'completed' && step.from !== 'completed')).to.have.length(1);
  }
  await eventually(
    async () => (await Promise.all(stage.servers.map(({ url }) => answersOk(`${url}/readyz`)))).every(Boolean),
    {
      timeoutMs: stepLimitMs,
      what: 'every server is ready',
    },
  );
  run.figure('trades', trades.length);
  run.figure('calls answered 503', refused);
}

/** The database is away under load. */
export const databaseAway: Scenario = {
  id: 'F6',
  title:
    'the database stopped for 5 s, stepped down, and killed and restarted under load: 503 and never 500, nothing acknowledged is lost, it goes on by itself',
  numbers: { faults: { full: 3, short: 1 } },
  run,
};
