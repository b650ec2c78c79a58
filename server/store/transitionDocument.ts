import { type Outline, outlineFields } from '../domain/state.ts';
import type { Step, Transition } from '../domain/transition.ts';
import { decode, encode } from './codec.ts';
import { demandKnown, firstFormat } from './vocabulary.ts';

/** A transition as the database holds it; `relay` is the only part that ever changes. */
export interface TransitionDocument {
  _id: string;
  /** What a reader has to know (vocabulary.ts); the oldest documents have none. */
  format?: number;
  p: string;
  seq: number;
  claims: readonly string[];
  /** The numbered `slot:` claim, repeated as a scalar so that the highest one is a single index key. */
  slot?: string;
  from: Transition['from'];
  to: Transition['to'];
  kind: Transition['kind'];
  atMs: number;
  actor: string;
  /** The next four are encoded: bigint as Decimal128. */
  legs: unknown;
  effects: unknown;
  state: unknown;
  evidence: unknown;
  stateHash: string;
  prev: string;
  hash: string;
  attempt: string;
  relay: Relay;
}

/** What the relay knows about a transition: whether it is done, until when somebody holds it, how often it was taken, and which taking was the last. */
export interface Relay {
  done: boolean;
  lease: number;
  fence: number;
  holder?: string;
  parked: { effectKey: string; reason: string; atMs: number }[];
}

/** The document that is inserted for a transition. */
export function toDocument(transition: Transition): TransitionDocument {
  const { id, paymentId, legs, effects, state, evidence, ...plain } = transition;
  const slot = transition.claims.find((claim) => claim.startsWith('slot:'));
  return {
    ...plain,
    _id: id,
    format: firstFormat,
    p: paymentId,
    ...(slot === undefined ? {} : { slot }),
    legs: encode(legs),
    effects: encode(effects),
    state: encode(state),
    evidence: encode(evidence),
    relay: { done: false, lease: 0, fence: 0, parked: [] },
  };
}

/** The transition that a document holds; throws when a newer version wrote it. */
export function fromDocument(document: TransitionDocument): Transition {
  demandKnown(document._id, document);
  const { _id, p, relay: _relay, slot: _slot, format: _format, ...rest } = document;
  return { ...(decode(rest) as Omit<Transition, 'id' | 'paymentId'>), id: _id, paymentId: p };
}

/** What the database has to send of a document that becomes a step. */
export const stepProjection: Readonly<Record<string, 1>> = Object.fromEntries(
  ['p', 'seq', 'format', 'kind', 'atMs', 'effects', ...outlineFields.map((field) => `state.${field}`)].map((field) => [
    field,
    1,
  ]),
);

/** The step that a document, or what `stepProjection` leaves of it, tells; throws when a newer version wrote it. */
export function toStep(document: TransitionDocument): Step {
  demandKnown(document._id, document);
  const { p, seq, kind, atMs, effects, state } = document;
  return {
    paymentId: p,
    seq,
    kind,
    atMs,
    effects: decode(effects) as Step['effects'],
    state: decode(state) as Outline,
  };
}
