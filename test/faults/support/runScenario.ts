import { randomInt } from 'node:crypto';
import { eventually } from '../../support/eventually.ts';
import { audit } from './audit.ts';
import { type FaultStage, openFaultStage } from './faultStage.ts';
import { auditAcknowledged } from './recorder.ts';
import type { CrashRow, Run, Scenario } from './scenario.ts';

/** How a scenario is to be run. */
export interface RunOptions {
  readonly size: 'full' | 'short';
  /** Numbers that win over the scenario's own. */
  readonly numbers?: Readonly<Record<string, number>>;
  readonly seed?: number | undefined;
  /** Seconds that a recovery may take; more than the standard only where others crowd the machine. */
  readonly recoveryLimitSeconds?: number | undefined;
  /** Used in place of one of its own, and left open: several short scenarios can share one. */
  readonly stage?: FaultStage;
  readonly say?: (text: string) => void;
}

/** What a scenario came to. */
export interface Outcome {
  readonly id: string;
  readonly title: string;
  readonly seed: number;
  readonly seconds: number;
  readonly error: Error | null;
  readonly figures: Readonly<Record<string, number | string>>;
  /** The longest recovery, when the scenario had one. */
  readonly slowestRecovery: number | null;
  readonly crashes: readonly CrashRow[];
}

/** Seconds from a restart until the server is healthy and everything undone is done (guarantee G8). */
const standardRecoverySeconds = 10;

/** Opens a stage, does the fault, checks all invariants and that what was acknowledged is stored, and closes the stage. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Outcome> {
  const seed = options.seed ?? randomInt(2 ** 31);
  const say = options.say ?? (() => undefined);
  const begun = performance.now();
  const figures: Record<string, number | string> = {};
  const crashes: CrashRow[] = [];
  const recoveries: number[] = [];
  const run: Run = {
    number(name) {
      const amount = scenario.numbers?.[name];
      if (amount === undefined) throw new Error(`${scenario.id} has no number called ${name}`);
      return options.numbers?.[name] ?? amount[options.size];
    },
    random: createRandom(seed),
    say: (text) => say(`${scenario.id} ${text}`),
    figure: (name, value) => {
      figures[name] = value;
    },
    recovered: (seconds) => void recoveries.push(seconds),
    crashed: (row) => void crashes.push(row),
  };
  say(`${scenario.id} ${scenario.title} (seed ${seed})`);
  const error = await perform(scenario, run, options.stage).then(
    () => null,
    (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
  );
  const slowestRecovery = recoveries.length > 0 ? Math.max(...recoveries) : null;
  const seconds = (performance.now() - begun) / 1000;
  const limit = options.recoveryLimitSeconds ?? standardRecoverySeconds;
  const late =
    slowestRecovery !== null && slowestRecovery > limit
      ? new Error(`a recovery took ${slowestRecovery.toFixed(1)} s, more than ${limit} s`)
      : null;
  const { id, title } = scenario;
  return { id, title, seed, seconds, error: error ?? late, figures, slowestRecovery, crashes };
}

async function perform(scenario: Scenario, run: Run, given: FaultStage | undefined): Promise<void> {
  const stage = given ?? (await openFaultStage(scenario.stage));
  try {
    await scenario.run(stage, run);
    if (stage.servers.length > 0) await expectWhole(stage, run, scenario.audit ?? audit);
  } finally {
    if (given === undefined) await stage.close();
  }
}

/** A stage without servers of its own has nothing to look at: its scenario gives each life a server, and checks each. */
async function expectWhole(stage: FaultStage, run: Run, judge: (stage: FaultStage) => Promise<void>): Promise<void> {
  // every server is needed to finish what it began
  for (const server of stage.servers) if (!server.isRunning()) await server.revive();
  await auditAtRest(() => judge(stage));
  run.figure('acknowledged and stored', await auditAcknowledged(stage, stage.recorder));
}

/** What is under way at the end of a scenario, such as money between provider and vault, comes to rest within a few blocks. */
const restLimitMs = 45_000;

async function auditAtRest(judge: () => Promise<void>): Promise<void> {
  await eventually(() => judge().then(() => true), { timeoutMs: restLimitMs, what: 'every invariant holds' });
}

/** Mulberry32: small, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
