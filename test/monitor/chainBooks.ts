import { arrivalKey } from '../../server/domain/claim.ts';
import type { Signal, SignalKind, SignalOf } from '../../server/domain/signal.ts';
import type { Arrival, PaymentState, State } from '../../server/domain/state.ts';
import type {
  ChainCursor,
  CreditedPayment,
  CursorStore,
  Observation,
  PaymentCoordinator,
  Queries,
  Watch,
  WatchStore,
} from '../../server/ports.ts';

const json = (value: unknown) => JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item));

/** Payments that only keep what they were told; crediting and reversing follow the claims of the real ones. */
export function memoryBooks() {
  const heard: { logId: string; signal: Signal; changed: boolean }[] = [];
  const arrivals = new Map<string, Arrival[]>();
  const said = new Set<string>();
  const newer = new Set<string>();
  let answer: (logId: string, signal: Signal) => Observation | null = () => null;
  const stateOf = (logId: string) => ({ id: logId, arrivals: arrivals.get(logId) ?? [] }) as unknown as PaymentState;

  function credit(logId: string, { transfer }: SignalOf<'transferConfirmed' | 'forwardConfirmed'>): boolean {
    const known = arrivals.get(logId) ?? [];
    const same = known.filter((arrival) => arrivalKey(arrival) === arrivalKey(transfer));
    if (same.some((arrival) => !arrival.reversed)) return false;
    const extra = {
      custody: 'contract',
      epoch: same.length,
      onTime: true,
      reversed: false,
      purpose: 'payment',
    } as const;
    arrivals.set(logId, [...known, { ...transfer, ...extra }]);
    return true;
  }

  function reverse(logId: string, { arrivalKey: key, epoch }: SignalOf<'transferOrphaned'>): boolean {
    const known = arrivals.get(logId) ?? [];
    const hit = known.find((entry) => arrivalKey(entry) === key && entry.epoch === epoch && !entry.reversed);
    arrivals.set(
      logId,
      known.map((entry) => (entry === hit ? { ...entry, reversed: true } : entry)),
    );
    return hit !== undefined;
  }

  function change(logId: string, signal: Signal): boolean {
    if (signal.kind === 'transferConfirmed' || signal.kind === 'forwardConfirmed') return credit(logId, signal);
    if (signal.kind === 'transferOrphaned') return reverse(logId, signal);
    const name = `${logId} ${json(signal)}`;
    const isNew = !said.has(name);
    said.add(name);
    return isNew;
  }

  const coordinator: PaymentCoordinator = {
    observe: async (logId, signal) => {
      const state: State = stateOf(logId);
      const given = answer(logId, signal);
      if (given) return given;
      const changed = change(logId, signal);
      heard.push({ logId, signal, changed });
      return { outcome: changed ? 'changed' : 'noChange', state, seq: 1 };
    },
  };
  const arrivalsAbove: Queries['arrivalsAbove'] = async (chainId, blockNumber) =>
    [...arrivals].flatMap(([paymentId, list]): CreditedPayment[] => {
      const open = list.some(
        (entry) => !entry.reversed && entry.chainId === chainId && entry.blockNumber > blockNumber,
      );
      if (open && newer.has(paymentId)) return [{ paymentId, state: null, arrivalBlocks: list }];
      return open ? [{ paymentId, state: stateOf(paymentId) }] : [];
    });

  return {
    coordinator,
    queries: { arrivalsAbove } as unknown as Queries,
    /** A log in which nobody was ever credited. */
    store: { claimsUnder: async () => [], tail: async () => null, at: async () => null },
    /** Makes a payment answer otherwise, or throw. */
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    /** Payments that only a newer version of the server can look at. */
    newer,
    /** What changed a payment, in order. */
    changes: (logId: string): SignalKind[] =>
      heard.filter((entry) => entry.changed && entry.logId === logId).map((entry) => entry.signal.kind),
    signals: (logId: string): Signal[] =>
      heard.filter((entry) => entry.changed && entry.logId === logId).map((entry) => entry.signal),
    arrivals: (logId: string): readonly Arrival[] => arrivals.get(logId) ?? [],
    standing: (logId: string): bigint =>
      (arrivals.get(logId) ?? []).filter((entry) => !entry.reversed).reduce((sum, entry) => sum + entry.amount, 0n),
    logs: () => [...new Set(heard.map((entry) => entry.logId))],
  };
}

/** A cursor that moves only from where it stands. */
export function memoryCursors(): CursorStore & { stored(): ChainCursor | null } {
  let stored: ChainCursor | null = null;
  return {
    stored: () => stored,
    get: async () => stored,
    move: async (from, to) => {
      if (json(from) !== json(stored)) return false;
      stored = structuredClone(to);
      return true;
    },
  };
}

/** Watches in memory. */
export function memoryWatches(): WatchStore {
  const all = new Map<string, Watch>();
  const on = (chainId: number) =>
    [...all.values()].filter((watch) => watch.chainId === chainId).sort((a, b) => (a.paymentId < b.paymentId ? -1 : 1));
  return {
    upsert: async (watch) => void all.set(watch.paymentId, watch),
    page: async (chainId, now, after, limit) =>
      on(chainId)
        .filter((watch) => watch.untilMs > now && watch.paymentId > after)
        .slice(0, limit),
    byTermsId: async (chainId, ids) => on(chainId).filter((watch) => ids.includes(watch.termsId)),
  };
}
