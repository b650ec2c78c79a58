import { setTimeout as pause } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { databaseCounts } from './databaseCommands.ts';
import type { BenchProcess } from './processes.ts';
import { median, percentile, spread } from './statistics.ts';

/** One stretch of work of one side. */
export interface Stretch {
  readonly operations: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly seconds: number;
  readonly latenciesMs?: readonly number[];
}

/** One side of a ratio. */
export interface Side {
  readonly name: string;
  /** Whose processor time is counted; several instances are one side. */
  readonly processes: readonly BenchProcess[];
  /** Makes ready what so many operations need; nothing of it is measured. */
  prepare(operations: number): Promise<void>;
  run(seconds: number): Promise<Stretch>;
}

/** How long and how often is measured. */
export interface Plan {
  readonly pairs: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
}

/** The figures of one side over all pairs. */
export interface SideFigures {
  readonly name: string;
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly commands: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Two sides, measured in turns. */
export interface Comparison {
  readonly ratio: number;
  readonly spread: number;
  /** The ratio of processor times, the other way round: above 1 ours needs less than theirs. */
  readonly cpuRatio: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly ours: SideFigures;
  readonly theirs: SideFigures;
}

interface Counted extends Stretch {
  readonly cpuMicros: number;
  readonly commands: number;
}

/** For the first stretch nobody knows yet how fast a side is. */
const firstGuessPerSecond = 400;
/** A side may be faster than it was; running out of work ends its stretch early, which is measured correctly, too. */
const reserve = 1.3;
const settleMs = 250;

/** Measures by turns: ours, theirs, ours, theirs …, after a warm-up of each that is thrown away. */
export async function compare(client: MongoClient, ours: Side, theirs: Side, plan: Plan): Promise<Comparison> {
  const rates = new Map<Side, number>();
  const results = new Map<Side, Counted[]>([
    [ours, []],
    [theirs, []],
  ]);
  for (const side of [ours, theirs]) {
    await side.prepare(Math.ceil(firstGuessPerSecond * plan.warmupSeconds));
    const { operations, seconds } = await side.run(plan.warmupSeconds);
    rates.set(side, operations / seconds);
  }
  for (let pair = 0; pair < plan.pairs; pair += 1) {
    for (const side of [ours, theirs]) {
      const expected = Math.max(rates.get(side) ?? 0, firstGuessPerSecond / 10);
      await side.prepare(Math.ceil(expected * plan.seconds * reserve));
      const counted = await count(client, side, plan.seconds);
      rates.set(side, counted.operations / counted.seconds);
      results.get(side)?.push(counted);
    }
  }
  return summary([ours, results.get(ours) ?? []], [theirs, results.get(theirs) ?? []]);
}

async function count(client: MongoClient, side: Side, seconds: number): Promise<Counted> {
  const cpu = async () => {
    const times = await Promise.all(side.processes.map((process) => process.cpuMicros()));
    return times.reduce((sum, time) => sum + time, 0);
  };
  const before = { cpu: await cpu(), counts: await databaseCounts(client) };
  const stretch = await side.run(seconds);
  // what a side still does about answered calls is its own, and must not fall into the other's turn
  await pause(settleMs);
  const after = { cpu: await cpu(), counts: await databaseCounts(client) };
  return { ...stretch, cpuMicros: after.cpu - before.cpu, commands: after.counts.commands - before.counts.commands };
}

type Results = readonly [Side, readonly Counted[]];

const rateOf = ({ operations, seconds }: Stretch) => operations / seconds;

function summary([ours, ourResults]: Results, [theirs, theirResults]: Results): Comparison {
  const ratios = ourResults.map((result, pair) => {
    const other = theirResults[pair];
    return other === undefined ? Number.NaN : rateOf(result) / rateOf(other);
  });
  const all = [...ourResults, ...theirResults];
  const figures = { ours: figuresOf(ours, ourResults), theirs: figuresOf(theirs, theirResults) };
  return {
    ratio: median(ratios),
    spread: spread(ratios),
    cpuRatio: figures.theirs.cpuMicros / figures.ours.cpuMicros,
    failures: all.reduce((sum, { failures }) => sum + failures, 0),
    firstFailure: all.find(({ firstFailure }) => firstFailure !== null)?.firstFailure ?? null,
    ...figures,
  };
}

function figuresOf({ name }: Side, results: readonly Counted[]): SideFigures {
  const perOperation = (of: (result: Counted) => number) =>
    median(results.map((result) => of(result) / Math.max(1, result.operations)));
  const latencies = results.flatMap(({ latenciesMs = [] }) => latenciesMs);
  return {
    name,
    perSecond: median(results.map(rateOf)),
    cpuMicros: perOperation(({ cpuMicros }) => cpuMicros),
    commands: perOperation(({ commands }) => commands),
    p50Ms: latencies.length === 0 ? null : percentile(latencies, 0.5),
    p99Ms: latencies.length === 0 ? null : percentile(latencies, 0.99),
  };
}
