import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { transitions } from '../support/audit.ts';
import { untilAll } from '../support/crowd.ts';
import type { FaultServer, FaultStage } from '../support/faultStage.ts';
import { startLoad } from '../support/load.ts';
import { recoverySeconds } from '../support/recovery.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { type OpenTrade, stepLimitMs } from '../support/trade.ts';

const tradesAtOnce = 6;
/** Each payment that waits for the provider has its forward driven by hand-sized steps. */
const limitMs = 180_000;

/** Fewer would leave nobody whom the load could reach: the next death would meet no work. */
const fewestRunning = 2;

/** Kills one of the running servers, starts it again in the background; another one always runs. */
async function killOne(stage: FaultStage, run: Run, reviving: Map<FaultServer, Promise<void>>): Promise<void> {
  const running = await eventually(
    () => {
      const alive = stage.servers.filter((server) => !reviving.has(server) && server.isRunning());
      return alive.length >= fewestRunning && alive;
    },
    { timeoutMs: stepLimitMs, what: 'two servers run' },
  );
  const victim = running[Math.floor(run.random() * running.length)] as FaultServer;
  await victim.die();
  const back = victim.revive().then(() => void reviving.delete(victim));
  // one that does not start again fails the run at its end
  back.catch(() => undefined);
  reviving.set(victim, back);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  const load = startLoad(stage, tradesAtOnce);
  const begun = performance.now();
  const reviving = new Map<FaultServer, Promise<void>>();
  const wanted = run.number('kills');
  await eventually(() => load.paid() > 0, { timeoutMs: stepLimitMs, what: 'the load has begun' });
  for (let kills = 0; kills < wanted; kills += 1) {
    await killOne(stage, run, reviving);
    const paid = load.paid();
    if ((kills + 1) % 20 === 0) run.say(`${kills + 1} kills, ${paid} trades paid`);
    await Promise.race([...reviving.values(), pause(run.random() * run.number('pauseMs'))]);
  }
  await Promise.all(reviving.values());
  run.figure('kills', wanted);
  run.figure('seconds of load', Math.round((performance.now() - begun) / 1000));
  // the last one with a full load of undone work, and its time is taken
  const [last] = stage.servers;
  await last?.die();
  if (last) run.recovered(await recoverySeconds(stage, last));
  const trades = await load.stop();
  run.say(`${trades.length} trades come to rest`);
  await untilAll(stage, trades, 'completed', limitMs);
  await eventually(
    async () =>
      (await stage.mongo.db().collection('payment_transitions').countDocuments({ 'relay.done': false })) === 0,
    {
      timeoutMs: limitMs,
      what: 'every effect is done',
    },
  );
  for (const trade of trades) await expectOnce(stage, trade);
  run.figure('trades', trades.length);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** No effect twice: one completion, one acceptance, one forward at most. */
async function expectOnce(stage: FaultStage, trade: OpenTrade): Promise<void> {
  const history = await transitions(stage, trade.paymentId);
  const completions = history.filter((step) => step.to === 'completed' && step.from !== 'completed');
  expect(completions, `${trade.paymentId} completed once`).to.have.length(1);
  const offers = await stage.call('GET', `/api/requests/${trade.requestId}/offers`, {
    token: stage.token(people.admin, 'admin'),
  });
  const statuses = (offers.body.data as { id: string; status: string }[]).map(({ id, status }) => [id, status]);
  expect(Object.fromEntries(statuses)).to.deep.equal({ [trade.offerId]: 'accepted', [trade.rivalOfferId]: 'rejected' });
}

/** Servers die at any instant, again and again, while people trade. */
export const randomKills: Scenario = {
  id: 'F2',
  title:
    'kill -9 of one of three servers at random, again and again under load: nothing acknowledged is missing, no effect twice',
  // a payout whose server died between its claim and the answer is a person's case; it comes to rest within the run
  stage: { environment: { PAYOUT_MANUAL_AFTER_SECONDS: '20' } },
  numbers: { kills: { full: 200, short: 6 }, pauseMs: { full: 300, short: 300 } },
  run,
};
