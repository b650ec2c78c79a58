import type { LeasedTransition, RelayStore } from '../../server/ports.ts';
import type { Row, SimulatedDatabase } from './simulatedStore.ts';

/** The part of a stored transition that changes: who works on it, and whether it is done. */
export interface RelayMark {
  done: boolean;
  lease: number;
  fence: number;
  readonly parked: Map<string, string>;
}

/** The promises of the relay's store that a deliberately broken one takes back. */
export interface RelayRules {
  /** Whether a transition has to wait for an earlier one of its payment. */
  readonly waits: (row: Row, rows: readonly Row[]) => boolean;
  /** Whether whoever quotes this fence still holds the row. */
  readonly holds: (row: Row, fence: number) => boolean;
}

const realRules: RelayRules = {
  waits: (row, rows) => rows.some((one) => !one.relay.done && one.transition.seq < row.transition.seq),
  holds: ({ relay }, fence) => !relay.done && relay.fence === fence,
};

/** The relay's side of the simulated log. */
export function createSimulatedRelay(database: SimulatedDatabase, rules: Partial<RelayRules> = {}): RelayStore {
  const { waits, holds } = { ...realRules, ...rules };
  const payments = () => [...database.logs.keys()].sort();
  const free = (row: Row, rows: readonly Row[], now: number) =>
    !row.relay.done && row.relay.lease <= now && !waits(row, rows);
  function firstFree(now: number): Row | null {
    for (const paymentId of payments()) {
      const rows = database.rowsOf(paymentId);
      const row = rows.find((one) => free(one, rows, now));
      if (row !== undefined) return row;
    }
    return null;
  }
  const held = ({ transition, fence }: LeasedTransition) => {
    const row = database.rows.get(transition.id);
    return row !== undefined && holds(row, fence) ? row : null;
  };
  return {
    async lease(now, leaseMs, atMost) {
      database.begin(true);
      const leased: LeasedTransition[] = [];
      for (let row = firstFree(now); row !== null && leased.length < atMost; row = firstFree(now)) {
        row.relay.lease = now + leaseMs;
        row.relay.fence += 1;
        leased.push({ transition: row.transition, fence: row.relay.fence });
      }
      return leased;
    },
    async renew(leased, until) {
      database.begin(true);
      const row = held(leased);
      if (row !== null) row.relay.lease = until;
      return row !== null;
    },
    async done(leased) {
      database.begin(true);
      const row = held(leased);
      if (row !== null) Object.assign(row.relay, { done: true, lease: 0 });
      return row !== null;
    },
    async park(transitionId, effectKey, reason) {
      database.begin(true);
      const parked = database.rows.get(transitionId)?.relay.parked;
      if (parked !== undefined && !parked.has(effectKey)) parked.set(effectKey, reason);
    },
  };
}
