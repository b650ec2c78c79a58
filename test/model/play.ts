import { expiresAtMs, startMs } from '../domain/factories.ts';
import { type Answer, Cluster, say } from './clients.ts';
import type { Parts } from './parts.ts';
import { createSchedule } from './schedule.ts';
import type { Ground } from './simulatedProcess.ts';
import { violationsOf } from './violations.ts';
import { Watcher } from './watcher.ts';
import { calmWeather, type Fault } from './weather.ts';
import { type Action, offers, requests, stages, themes } from './world.ts';

/** All that decides how a run goes. */
export interface Plan {
  readonly stage: number;
  readonly theme: number;
  readonly picks: readonly number[];
  readonly faults: readonly { readonly at: number; readonly fault: Fault }[];
  readonly order: number;
  /** In one run of so many, nobody can be told of one payment's events. */
  readonly deaf: number;
  /** Whether the coordinator may start from what it remembers and from the copies in `payments`. */
  readonly hints: boolean;
  /** Whether calls that are made at the same time leave together. */
  readonly batches: boolean;
}

/** A ground as a stage left it, to begin many runs from. */
export type Beginnings = Map<number, Ground>;

const clockSkewsMs = [0, 7_000];
const turnMs = 400;
/** Longer than the longest pause of the relay. */
const roundMs = 120_000;
const maxRounds = 400;
const polls = 3;

/** Plays one run: many things are said at once to several processes with faults, then all is quiet. Answers what was wrong. */
export async function play(
  parts: Parts,
  plan: Plan,
  beginnings: Beginnings,
  tell?: (line: string) => void,
): Promise<string[]> {
  const ground = await begin(parts, plan.stage % stages.length, beginnings);
  const actions = pick(plan);
  const answers: Answer[] = [];
  const faults = new Map(plan.faults.map(({ at, fault }) => [at, fault]));
  let calls = 0;
  const schedule = createSchedule(plan.order, (label) => {
    ground.nowMs += turnMs;
    tell?.(label);
  });
  const fault = (label: string) => {
    const found = faults.get(calls++) ?? null;
    if (found !== null) tell?.(`${found} at ${label}`);
    return found;
  };
  ground.deafTo = plan.deaf === 0 ? (actions[0]?.paymentId ?? null) : null;
  ground.weather = { schedule, fault };
  Object.assign(ground, { hints: plan.hints, batches: plan.batches });
  const cluster = new Cluster(ground, clockSkewsMs);
  const unanswered: [Action, string][] = [];
  const client = async (action: Action, name: string) => {
    const answer = await say(ground, cluster, action, name);
    tell?.(`${name}: ${action.name}: ${answer?.observation.outcome ?? 'no answer'}`);
    if (answer === null) unanswered.push([action, name]);
    else answers.push(answer);
  };
  const poller = async () => {
    for (let n = 0; n < polls; n += 1) {
      await schedule.turn('poll');
      cluster.poll();
    }
  };
  await Promise.all([poller(), ...actions.map((action, n) => client(action, nameOf(n)))]);
  cluster.kill();
  const stuck = await calmDown(ground, unanswered, answers);
  return [...ground.watcher.violations, ...stuck, ...violationsOf(ground, answers)];
}

/** Names of different lengths, so that clients begin at different processes. */
const nameOf = (n: number) => `client-${n}${n % 2 === 0 ? '' : '-'}`;

function pick({ theme, picks }: Plan): Action[] {
  const actions = themes[theme % themes.length] ?? [];
  return picks.flatMap((n) => actions[n % actions.length] ?? []);
}

/** No more faults: whoever has no answer gets one, and the relay catches up. Answers what would never end. */
async function calmDown(ground: Ground, unanswered: readonly [Action, string][], answers: Answer[]): Promise<string[]> {
  ground.database.heal();
  ground.weather = calmWeather;
  ground.nowMs += roundMs;
  const cluster = new Cluster(ground, [0]);
  const stuck: string[] = [];
  for (const [action, name] of unanswered) {
    const answer = await say(ground, cluster, action, `${name}-later`);
    if (answer === null) stuck.push(`G12: ${action.name}: never answered`);
    else answers.push(answer);
  }
  const { relay } = cluster.process(0);
  const undone = () => [...ground.database.rows.values()].some((row) => !row.relay.done);
  for (let round = 0; round < maxRounds && undone(); round += 1) {
    await relay.drain();
    ground.nowMs += roundMs;
  }
  cluster.kill();
  return stuck;
}

async function begin(parts: Parts, stage: number, beginnings: Beginnings): Promise<Ground> {
  const known = beginnings.get(stage) ?? (await reach(parts, stage));
  beginnings.set(stage, known);
  const ground = emptyGround(parts);
  ground.database.copy(known.database);
  ground.marketplace.copy(known.marketplace);
  ground.watcher.copy(known.watcher);
  return Object.assign(ground, { attempts: known.attempts, nowMs: known.nowMs });
}

function emptyGround(parts: Parts): Ground {
  const database = parts.createDatabase();
  const marketplace = parts.createMarketplace();
  return {
    ...{ parts, database, marketplace, watcher: new Watcher(), weather: calmWeather },
    ...{ nowMs: startMs, attempts: 0, deafTo: null, hints: false, batches: false },
  };
}

async function reach(parts: Parts, stage: number): Promise<Ground> {
  const ground = emptyGround(parts);
  for (const id of requests) ground.marketplace.addRequest(id);
  for (const { id, requestId } of offers) ground.marketplace.addOffer(id, requestId);
  const cluster = new Cluster(ground, [0]);
  for (const action of stages[stage] ?? []) {
    if (action.signal.kind !== 'intentOpened') ground.nowMs = Math.max(ground.nowMs, expiresAtMs + 1);
    const answer = await say(ground, cluster, action, 'before');
    if (answer?.observation.outcome !== 'changed')
      ground.watcher.violations.push(
        `G3: ${action.name} for the first time: ${answer?.observation.outcome ?? 'no answer'}`,
      );
  }
  await cluster.process(0).relay.drain();
  ground.nowMs = Math.max(ground.nowMs, expiresAtMs + 1);
  cluster.kill();
  return ground;
}
