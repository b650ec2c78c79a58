import type { State } from '../../domain/state.ts';
import type { Clock } from '../../ports.ts';

/** How a payment is looked at; `hint` marks a caller who brings nothing new, and whom a look of just now serves as well. */
export interface Look {
  readonly askProvider: boolean;
  readonly hint?: boolean;
}

export interface SharedLookDeps {
  readonly look: (paymentId: string, look: { readonly askProvider: boolean }) => Promise<State>;
  readonly read: (paymentId: string) => Promise<State>;
  readonly clock: Clock;
}

/** Between two looks that nothing new calls for; four blocks of BSC at 0.45 s. */
const hintEveryMs = 2_000;

interface Turn {
  askProvider: boolean;
  readonly result: Promise<State>;
}
interface Looks {
  readonly running: Promise<State>;
  waiting: Turn | null;
}

/**
 * Lets everybody who wants a fresh look at one payment share it: one runs and one waits, whatever the number of callers. Nobody is served by a
 * look that began before he asked, since it may have missed what he asks about.
 */
export function createSharedLook({ look, read, clock }: SharedLookDeps) {
  const looks = new Map<string, Looks>();
  const lookedAtMs = new Map<string, number>();

  function remember(paymentId: string): void {
    const now = clock.now();
    lookedAtMs.delete(paymentId);
    lookedAtMs.set(paymentId, now);
    // The map keeps the order of insertion, so everything too old stands in front.
    for (const [id, at] of lookedAtMs) {
      if (now - at < hintEveryMs) break;
      lookedAtMs.delete(id);
    }
  }

  function run(paymentId: string, askProvider: boolean): Promise<State> {
    remember(paymentId);
    const running = look(paymentId, { askProvider });
    const entry: Looks = { running, waiting: null };
    looks.set(paymentId, entry);
    const end = () => {
      if (entry.waiting === null) looks.delete(paymentId);
    };
    running.then(end, end);
    return running;
  }

  function queue(paymentId: string, entry: Looks, askProvider: boolean): Promise<State> {
    if (entry.waiting !== null) {
      entry.waiting.askProvider ||= askProvider;
      return entry.waiting.result;
    }
    const next = () => run(paymentId, turn.askProvider);
    const turn: Turn = { askProvider, result: entry.running.then(next, next) };
    entry.waiting = turn;
    return turn.result;
  }

  return async function sharedLook(paymentId: string, { askProvider, hint = false }: Look): Promise<State> {
    const lastMs = lookedAtMs.get(paymentId);
    if (hint && lastMs !== undefined && clock.now() - lastMs < hintEveryMs) return read(paymentId);
    const entry = looks.get(paymentId);
    return entry === undefined ? run(paymentId, askProvider) : queue(paymentId, entry, askProvider);
  };
}
