import type { MongoClient } from 'mongodb';
import { z } from 'zod';
import { waitUntil } from '../scripts/services/waitUntil.ts';
import { closedLoad } from './load/closedLoad.ts';
import { openLoad } from './load/openLoad.ts';
import { populate } from './population.ts';
import type { BenchProcess } from './processes.ts';
import { deliveriesOf, newDeliveries } from './ratios/webhooks.ts';
import type { Stage } from './stage.ts';
import { percentile, slope } from './statistics.ts';

/** The server in one moment of a soak. */
export interface Moment {
  readonly minute: number;
  readonly rssMegabytes: number;
  /** In use after the last whole collection: what grows here is a leak, what grows in the process alone is V8's to keep. */
  readonly liveMegabytes: number;
  readonly loopDelayP99Ms: number;
  /** Age of the oldest transition whose effects are not done. */
  readonly relayAgeSeconds: number;
  /** How long the oldest row of due work has been due. */
  readonly workAgeSeconds: number;
  readonly p99Ms: number;
  readonly failures: number;
}

/** What a soak may show; an age is flat when it grows by less than a second in ten minutes. */
const limits = {
  megabytesPerMinute: 1,
  liveMegabytesPerMinute: 1,
  loopDelayP99Ms: 50,
  relayAgePerMinute: 0.1,
  workAgePerMinute: 0.1,
};
/** The first part of a soak, in which caches fill. */
const warmupShare = 1 / 3;
const stretchSeconds = 10;
const kneeSeconds = 10;
const longestDrainMs = 300_000;
const connections = 64;
const bytesOfMegabyte = 1_048_576;

async function relayAgeSeconds(client: MongoClient): Promise<number> {
  const [oldest] = await client
    .db()
    .collection('payment_transitions')
    .aggregate<{ atMs: number }>(
      [{ $match: { 'relay.done': false } }, { $group: { _id: null, atMs: { $min: '$atMs' } } }],
      { hint: 'relay_undone' },
    )
    .toArray();
  return oldest === undefined ? 0 : (Date.now() - oldest.atMs) / 1000;
}

async function workAgeSeconds(client: MongoClient): Promise<number> {
  const now = Date.now();
  const due = { atMs: { $lte: now } };
  const [oldest] = await client.db().collection('due_work').find(due).sort({ atMs: 1 }).limit(1).toArray();
  return oldest === undefined ? 0 : (now - Number(oldest.atMs)) / 1000;
}

/** Until all that was begun is done: effects carried out, and no work due. */
const untilDone = (client: MongoClient) =>
  waitUntil(async () => (await relayAgeSeconds(client)) + (await workAgeSeconds(client)) === 0, longestDrainMs);

/** What the server takes with all the work that follows: answers come sooner than effects, so the time counts until nothing is left to do. */
async function kneeOf(stage: Stage, port: number): Promise<number> {
  const supply = newDeliveries(stage);
  let rate = 0;
  // the first stretch warms up
  for (const seconds of [kneeSeconds / 2, kneeSeconds]) {
    const ready = [...(await supply(Math.max(1_000, rate * seconds * 3)))].reverse();
    const begunMs = performance.now();
    const { operations } = await closedLoad({ port, connections: 16, seconds, next: () => ready.pop() ?? null });
    await untilDone(stage.client);
    rate = operations / ((performance.now() - begunMs) / 1000);
  }
  return rate;
}

async function observeMoment(stage: Stage, server: BenchProcess, minute: number) {
  const { rss } = z.object({ rss: z.number() }).parse(await server.ask('memory'));
  const live = await server.ask<number>('liveHeap');
  const loopDelayP99Ms = await server.ask<number>('loopDelay');
  const age = await relayAgeSeconds(stage.client);
  const memory = { rssMegabytes: rss / bytesOfMegabyte, liveMegabytes: live / bytesOfMegabyte };
  return {
    minute,
    ...memory,
    loopDelayP99Ms,
    relayAgeSeconds: age,
    workAgeSeconds: await workAgeSeconds(stage.client),
  };
}

interface Tell {
  readonly text: (text: string) => void;
  readonly moment: (moment: Moment) => void;
}

/** Loads a server with all its work at half of what it takes, for so many minutes. */
export async function measureSoak(stage: Stage, minutes: number, tell: Tell): Promise<Moment[]> {
  const server = await stage.process('servers/holdfast.ts', 'soak', { ROLES: 'web,worker' });
  const port = await server.ask<number>('port');
  const perSecond = (await kneeOf(stage, port)) / 2;
  tell.text(`half of what it takes with all that follows: ${perSecond.toFixed(0)} webhooks a second`);
  // All payments are there before: writing them meanwhile would be half as much load again, on the database alone.
  const each = Math.ceil((perSecond * stretchSeconds) / 2);
  const stretches = Math.ceil((minutes * 60) / stretchSeconds);
  const payments = await populate(stage.client.db(), { count: each * stretches, transitions: 2 });
  tell.text(`${payments.length} payments wait for their money`);
  const startMs = performance.now();
  const moments: Moment[] = [];
  for (let minute = 0; minute < minutes; minute = (performance.now() - startMs) / 60_000) {
    const left = deliveriesOf(payments.splice(0, each)).reverse();
    const next = () => left.pop() ?? null;
    const result = await openLoad({ port, connections, perSecond, seconds: stretchSeconds, next });
    const moment = {
      ...(await observeMoment(stage, server, minute)),
      p99Ms: percentile(result.latenciesMs, 0.99),
      failures: result.failures,
    };
    moments.push(moment);
    tell.moment(moment);
  }
  return moments;
}

/** What a soak showed, by name, and what of it is not as it must be. */
export function soakVerdict(moments: readonly Moment[]) {
  const settled = moments.slice(Math.floor(moments.length * warmupShare));
  const growth = (of: (moment: Moment) => number) =>
    settled.length < 2 ? Number.NaN : slope(settled.map((moment) => ({ x: moment.minute, y: of(moment) })));
  const figures = {
    megabytesPerMinute: growth(({ rssMegabytes }) => rssMegabytes),
    liveMegabytesPerMinute: growth(({ liveMegabytes }) => liveMegabytes),
    loopDelayP99Ms: Math.max(...settled.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
    relayAgePerMinute: growth(({ relayAgeSeconds: age }) => age),
    workAgePerMinute: growth(({ workAgeSeconds: age }) => age),
    failures: moments.reduce((sum, { failures }) => sum + failures, 0),
  };
  // a figure that is no number is no proof either
  const within = (name: keyof typeof limits) => figures[name] <= limits[name];
  const problems = (Object.keys(limits) as (keyof typeof limits)[])
    .filter((name) => !within(name))
    .map((name) => `${name} is ${figures[name].toFixed(2)}, at most ${limits[name]} is allowed`);
  return { figures, problems: figures.failures > 0 ? [...problems, `${figures.failures} failures`] : problems };
}
