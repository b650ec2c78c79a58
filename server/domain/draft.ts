import { canForward, heldBy, heldTotal, legalEscrowState, reservedInContract } from './facts.ts';
import { account, balanced, balanceOf, type Leg, post } from './ledger.ts';
import { smaller } from './money.ts';
import type { Flag, PaymentState } from './state.ts';
import type { Change, DecideContext, Decision, EffectBody, RefusalCode } from './transition.ts';

/** A change under construction; the books follow every leg, so that the next leg is decided on true balances. */
export interface Draft {
  readonly before: PaymentState;
  state: PaymentState;
  readonly context: DecideContext;
  readonly legs: Leg[];
  readonly claims: string[];
  readonly effects: EffectBody[];
}

export type NoChange = Extract<Decision, { outcome: 'noChange' }>;
export type Refused = Extract<Decision, { outcome: 'refused' }>;

/** What a handler answers: the draft it worked on, or why nothing is to be written. */
export type Verdict = Draft | NoChange | Refused;

export const same = (reason: string): NoChange => ({ outcome: 'noChange', reason });
export const refuse = (code: RefusalCode, detail: string): Refused => ({ outcome: 'refused', code, detail });

/** Opens a draft on a state. */
export function begin(state: PaymentState, context: DecideContext): Draft {
  return { before: state, state, context, legs: [], claims: [], effects: [] };
}

/** Sets fields of the state. */
export function set(draft: Draft, fields: Partial<PaymentState>): void {
  draft.state = { ...draft.state, ...fields };
}

/** Posts legs; those of zero are left out. */
export function book(draft: Draft, legs: readonly Leg[]): void {
  const real = legs.filter((leg) => leg.amount !== 0n);
  draft.legs.push(...real);
  set(draft, { balances: post(draft.state.balances, real, draft.state.id) });
}

/** Moves money from one account to another. */
export function move(draft: Draft, asset: string, route: { from: string; to: string; amount: bigint }): void {
  book(draft, [
    { account: route.from, asset, amount: -route.amount },
    { account: route.to, asset, amount: route.amount },
  ]);
}

/**
 * Takes what a fact of the chain took, from the accounts in their order; what they lack the platform has to cover, and a person must look.
 * Returns what the platform covered.
 */
export function take(draft: Draft, asset: string, from: readonly string[], amount: bigint): bigint {
  let left = amount;
  for (const name of from) {
    const has = balanceOf(draft.state.balances, name, asset);
    const part = smaller(has, left);
    book(draft, [{ account: name, asset, amount: -part }]);
    left -= part;
  }
  book(draft, [{ account: account.platform, asset, amount: -left }]);
  if (left > 0n) callPerson(draft, 'books_short');
  return left;
}

export function raise(draft: Draft, flag: Flag): void {
  if (!draft.state.flags.includes(flag)) set(draft, { flags: [...draft.state.flags, flag] });
}

export function lower(draft: Draft, flag: Flag): void {
  set(draft, { flags: draft.state.flags.filter((raised) => raised !== flag) });
}

/** Flags the payment for an admin and sounds the alarm. */
export function callPerson(draft: Draft, reason: string): void {
  raise(draft, 'manual');
  draft.effects.push({ type: 'alarm', reason });
}

/** Closes a draft. Throws when its books or its state are impossible: stopping is better than going on wrongly. */
export function finish(draft: Draft): Change {
  sendOn(draft);
  assertBooks(draft);
  assertLegal(draft.state);
  return {
    outcome: 'change',
    state: draft.state,
    claims: [...new Set(draft.claims)],
    legs: draft.legs,
    effects: draft.effects,
  };
}

/**
 * Asks for the forward whenever provider money became ready for the vault, whatever made it so. After a proven death a person decides
 * instead.
 */
function sendOn({ before, state, effects }: Draft): void {
  if (!canForward(state) || state.forwardDead) return;
  const known = canForward(before) && heldBy(state, 'provider') <= heldBy(before, 'provider');
  if (!known) effects.push({ type: 'requestForward' });
}

function assertBooks(draft: Draft): void {
  if (!balanced(draft.legs)) throw new Error(`unbalanced legs for payment ${draft.state.id}`);
  const negative = draft.state.balances.find((entry) => entry.amount < 0n);
  if (negative !== undefined) throw new Error(`negative account ${negative.account}`);
  const { settlement } = draft.state;
  const reserved = settlement === null ? 0n : settlement.toSeller + settlement.toBuyer;
  if (reservedInContract(draft.state) !== reserved) throw new Error(`reservation of ${draft.state.id} does not match`);
}

/** Throws when a status stands with an escrow state it may not have, judged by the money itself. */
export function assertLegal(state: PaymentState): void {
  const escrow = legalEscrowState[state.status];
  const held = heldTotal(state);
  const excused = state.flags.includes('manual') || state.flags.includes('reorged');
  const inFlight = state.settlement !== null || state.payouts.some((payout) => payout.outcome === 'open');
  const legal =
    escrow === 'unfunded'
      ? held === 0n
      : escrow === 'funded'
        ? state.funded && (held > 0n || inFlight || excused)
        : state.funded && held === 0n && (escrow === 'released') === state.released > 0n;
  if (!legal) throw new Error(`status ${state.status} of payment ${state.id} contradicts its books`);
}
