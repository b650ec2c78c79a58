import { expect } from 'chai';
import { demandsOf, type StoredStep } from './acknowledged.ts';
import { transitions } from './audit.ts';
import type { Answer, Json, Stage } from './stage.ts';

/** One call of a client and what became of it. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Null when no answer came: the outcome is unknown to the client. */
  readonly answer: Answer | null;
}

/** What every client of a run asked and was told. */
export interface Recorder {
  readonly calls: readonly Recorded[];
  record(call: Recorded): void;
}

/** Remembers calls in the order of their answers. */
export function createRecorder(): Recorder {
  const calls: Recorded[] = [];
  return { calls, record: (call) => void calls.push(call) };
}

/** Something that a 2xx promised to be in the log. */
interface Promise2xx {
  readonly paymentId: string;
  readonly seq?: number;
  readonly status?: string;
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Payments named by an answer, at whatever depth; each with the sequence and status that the client was shown. */
function promisesOf(value: unknown): Promise2xx[] {
  if (Array.isArray(value)) return value.flatMap(promisesOf);
  if (!isJson(value)) return [];
  const { paymentId, seq, status } = value;
  if (typeof paymentId === 'string' && typeof status === 'string') {
    return [{ paymentId, status, ...(typeof seq === 'number' ? { seq } : {}) }];
  }
  return Object.values(value).flatMap(promisesOf);
}

/**
 * I14, acknowledged ⊆ stored: whatever a 2xx showed of a payment stands in its log, at that sequence and with that status, and what the
 * call did is there under its own claim. Answers how many promises were held to it.
 */
export async function auditAcknowledged(stage: Stage, recorder: Recorder): Promise<number> {
  const steps = (await transitions(stage)) as unknown as StoredStep[];
  const logs = Map.groupBy(steps, ({ p }) => p);
  let held = 0;
  for (const call of recorder.calls) {
    if (call.answer === null || call.answer.status < 200 || call.answer.status > 299) continue;
    const { method, path } = call;
    for (const { paymentId, seq, status } of promisesOf(call.answer.body)) {
      const found = logs.get(paymentId)?.some((step) => step.to === status && (seq === undefined || step.seq === seq));
      expect(found, `I14: ${method} ${path} was told ${paymentId} seq ${seq} ${status}`).to.equal(true);
      held += 1;
    }
    for (const { what, isKept } of demandsOf(call, logs)) {
      expect(isKept, `I14: ${method} ${path} acknowledged ${what}`).to.equal(true);
      held += 1;
    }
  }
  return held;
}
