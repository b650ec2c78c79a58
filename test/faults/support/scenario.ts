import type { FaultStage, FaultStageOptions } from './faultStage.ts';

/** One row of the crash-point table of docs/proof.md. */
export interface CrashRow {
  readonly label: string;
  /** What made the server pass the label: webhook, poller, manual confirm, chain monitor, admin API, due work or relay. */
  readonly source: string;
  readonly result: string;
  /** From the restart until the server is ready and everything that was undone is done. */
  readonly recoverySeconds: number;
}

/** What a scenario is given besides its stage, and what it tells. */
export interface Run {
  /** One of the scenario's numbers, as this run wants it. */
  number(name: string): number;
  /** From 0 to 1, repeatable by the seed that the run printed. */
  random(): number;
  /** Progress for people. */
  say(text: string): void;
  /** A figure of the result, kept in the report. */
  figure(name: string, value: number | string): void;
  /** Seconds that a recovery took; above the limit the scenario has failed. */
  recovered(seconds: number): void;
  crashed(row: CrashRow): void;
}

/** A number of a scenario: how much the whole run and the short one (in `npm test`) do of something. */
export interface Amount {
  readonly full: number;
  readonly short: number;
}

/** A fault and what must hold afterwards; test/faults/scenarios/registry.ts says how to add one. */
export interface Scenario {
  /** As in the list of faults: F1, F2 … */
  readonly id: string;
  /** The fault and what must hold, in one sentence. */
  readonly title: string;
  /** How its stage differs from three plain servers. */
  readonly stage?: FaultStageOptions;
  readonly numbers?: Readonly<Record<string, Amount>>;
  /** Does the fault and expects what is special to it; the invariants and acknowledged ⊆ stored are checked after it by the runner. */
  run(stage: FaultStage, run: Run): Promise<void>;
  /** Who judges the books instead of this version's audit, where this version cannot read all of them. */
  audit?(stage: FaultStage): Promise<void>;
}
