import { calmSchedule, type Schedule } from './schedule.ts';

/**
 * What may happen to one call of a store: the process dies before or after it, the request or the reply is lost, or the primary loses its
 * majority and what it wrote meanwhile is kept or rolled back.
 */
export const faults = [
  'crashBefore',
  'crashAfter',
  'requestLost',
  'replyLost',
  'partitionKept',
  'partitionRolledBack',
] as const;
export type Fault = (typeof faults)[number];

/** Who comes next, and what goes wrong. */
export interface Weather {
  readonly schedule: Schedule;
  /** What happens to the next call. */
  fault(label: string): Fault | null;
}

/** Nobody waits and nothing goes wrong. */
export const calmWeather: Weather = { schedule: calmSchedule, fault: () => null };
