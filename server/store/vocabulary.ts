import { table } from '../domain/payment.ts';
import { flags, paymentStatuses } from '../domain/state.ts';
import { effectTypes } from '../domain/transition.ts';
import { NewerVersionError } from '../errors.ts';

/**
 * The format of what is written: the least that a reader has to know, and the first one so far. A later version writes a higher one into each
 * transition, and its row, that an older version would misread although it knows every word: a new field, or an old one with another meaning.
 * What uses nothing new keeps its number, so that both versions can go on with it while one replaces the other.
 */
export const firstFormat = 1;
/** The newest format that this version reads; what names none is of the first. */
const newestFormat = 1;

const directions: ReadonlySet<unknown> = new Set(['in', 'out', 'suspense']);
const statuses: ReadonlySet<unknown> = new Set(paymentStatuses);
const knownFlags: ReadonlySet<unknown> = new Set(flags);
const knownEffects: ReadonlySet<unknown> = new Set(effectTypes);

/** What tells whether a stored transition, or its row in `payments`, was written by a version that knows more; old rows name no kind. */
export interface Words {
  readonly format?: number | undefined;
  readonly kind?: string | undefined;
  readonly state: unknown;
}

/** What of a state tells it; enough of a document to be asked for. */
export const wordFields = { format: 1, kind: 1, 'state.direction': 1, 'state.status': 1, 'state.flags': 1 } as const;

/** The first thing in it that this version does not know, as `what value`; null when it knows all. */
export function strangeWord({ format = firstFormat, kind, state }: Words): string | null {
  if (!(format <= newestFormat)) return `format ${format}`;
  if (kind !== undefined && !Object.hasOwn(table, kind)) return `kind ${kind}`;
  const { direction, status, flags: raised } = (state ?? {}) as Readonly<Record<string, unknown>>;
  if (!directions.has(direction)) return `direction ${direction}`;
  if (!statuses.has(status)) return `status ${status}`;
  const flag = Array.isArray(raised) ? raised.find((one) => !knownFlags.has(one)) : raised;
  return flag === undefined ? null : `flag ${flag}`;
}

/** The first effect of a transition that this version cannot carry out. */
export function strangeEffect(effects: unknown): string | null {
  const types = (Array.isArray(effects) ? effects : []).map((effect: { type?: unknown }) => effect.type);
  const strange = types.find((type) => !knownEffects.has(type));
  return strange === undefined ? null : `effect ${strange}`;
}

/** Refuses what a newer version wrote: it is neither decided on, nor shown, nor copied, until a server that knows it is asked. */
export function demandKnown(what: string, words: Words): void {
  const strange = strangeWord(words);
  if (strange !== null) throw new NewerVersionError(what, strange);
}
