import type { Transition } from '../../../server/domain/transition.ts';
import type { AppendResult, RelayStore, TailHints, TransitionStore } from '../../../server/ports.ts';

/** What goes wrong: the line breaks before a command is carried out, or it is carried out and no majority confirms it in time. */
export type StoreFault = 'lineCut' | 'unconfirmed';

/** The ports under test and a way to disturb them; each suite brings an implementation. */
export interface StoreUnderTest {
  readonly transitions: TransitionStore;
  readonly hints: TailHints;
  readonly relay: RelayStore;
  failing<T>(fault: StoreFault, work: () => Promise<T>): Promise<T>;
}

/** What every group of cases starts from. */
export function handles(current: () => StoreUnderTest) {
  return {
    append: async (...transitions: Transition[]) => current().transitions.append(transitions),
    store: () => current().transitions,
    hints: () => current().hints,
    relay: () => current().relay,
  };
}

/** The outcome alone. */
export const word = (result: AppendResult | undefined) => result?.outcome;

/** The outcomes alone. */
export const words = (results: readonly AppendResult[]) => results.map(word);

/** What was thrown in place of an answer. */
export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
