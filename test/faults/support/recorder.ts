import { expect } from 'chai';
import { translateCallback } from '../../../server/providers/shkeeper/translate.ts';
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

const isWebhook = (call: Recorded) => call.path === '/api/payment/shkeeper/webhook' && typeof call.body === 'string';

/**
 * I14, acknowledged ⊆ stored: whatever a 2xx showed of a payment stands in its log, at that sequence and with that status,
 * and the facts of an accepted delivery are known to the payment it names. Answers how many promises were held to it.
 */
export async function auditAcknowledged(stage: Stage, recorder: Recorder): Promise<number> {
  const stored = new Map<string, { seq: number; to: string; facts: readonly string[] }[]>();
  for (const step of await transitions(stage)) {
    const list = stored.get(step.p) ?? [];
    list.push({ seq: step.seq, to: step.to, facts: factsOf(step) });
    stored.set(step.p, list);
  }
  let held = 0;
  for (const call of recorder.calls) {
    if (call.answer === null || call.answer.status < 200 || call.answer.status > 299) continue;
    for (const { paymentId, seq, status } of promisesOf(call.answer.body)) {
      const found = stored
        .get(paymentId)
        ?.some((step) => step.to === status && (seq === undefined || step.seq === seq));
      expect(found, `I14: ${call.method} ${call.path} was told ${paymentId} seq ${seq} ${status}`).to.equal(true);
      held += 1;
    }
    if (isWebhook(call)) held += expectDelivery(stored, call);
  }
  return held;
}

const factsOf = (step: Record<string, unknown>) => [
  ...(step.claims as string[]),
  ...[...JSON.stringify(step.evidence).matchAll(/0x[0-9a-f]{64}/g)].map(([hash]) => hash),
];

/** A delivery may have changed nothing because its transactions were known; what it named is in the log either way. */
function expectDelivery(stored: ReadonlyMap<string, readonly { facts: readonly string[] }[]>, call: Recorded): number {
  const translated = translateCallback(Buffer.from(String(call.body)));
  if (!translated.ok) return 0;
  const { externalId, deliveryKey, transactions: named } = translated.report;
  const facts = stored.get(externalId.replace(/^AMN_/, ''))?.flatMap((step) => step.facts);
  if (facts === undefined) return 0; // nobody's money: kept among the provider's events
  const known =
    facts.includes(`evt:shkeeper:${deliveryKey}`) ||
    named.every(({ txHash }) => facts.some((fact) => fact.toLowerCase().includes(txHash.toLowerCase())));
  expect(known, `I14: the accepted delivery ${deliveryKey} of ${externalId} is in the log`).to.equal(true);
  return 1;
}
