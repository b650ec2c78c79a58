import type { Side } from '../compare.ts';
import type { BenchProcess } from '../processes.ts';
import { follow } from './follower.ts';
import { bearer } from './tokens.ts';

/** Broadcasts told at once; all their deliveries are awaited before the next ones, so that nothing piles up anywhere. */
const batch = 20;
/** After this time without a delivery those that are missing are lost. */
const patienceMs = 30_000;

/** Counts deliveries, and waits for a number of them. */
function tally() {
  let count = 0;
  let wake = () => {};
  return {
    add() {
      count += 1;
      wake();
    },
    count: () => count,
    async reach(wanted: number): Promise<boolean> {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const giveUp = setTimeout(() => resolve(false), patienceMs);
      wake = () => {
        if (count >= wanted) resolve(true);
      };
      wake();
      const reached = await promise;
      clearTimeout(giveUp);
      wake = () => {};
      return reached;
    },
  };
}

/** A side that tells so many clients, spread over its processes; an operation is one delivery to one client. */
export async function broadcastSide(options: {
  readonly name: string;
  readonly processes: readonly BenchProcess[];
  readonly clients: number;
}): Promise<Side> {
  const { name, processes, clients } = options;
  const [teller] = processes;
  if (teller === undefined) throw new Error('nobody tells anything');
  const ports = await Promise.all(processes.map((process) => process.ask<number>('port')));
  const heard = tally();
  for (let n = 0; n < clients; n += 1) {
    const token = bearer('seller', `seller-${n}`).authorization.replace('Bearer ', '');
    await follow({ port: ports[n % ports.length] ?? 0, token, onEvent: heard.add });
  }
  return {
    name,
    processes,
    prepare: async () => {},
    run: tellFor,
  };

  async function tellFor(seconds: number) {
    const startMs = performance.now();
    const before = heard.count();
    let told = 0;
    let lost = 0;
    while (performance.now() - startMs < seconds * 1000 && lost === 0) {
      told += batch;
      await teller?.ask('tell', { times: batch });
      const wanted = before + told * clients;
      if (!(await heard.reach(wanted))) lost = wanted - heard.count();
    }
    return {
      operations: heard.count() - before,
      failures: Math.max(0, lost),
      firstFailure: lost > 0 ? `${lost} deliveries of ${told * clients} did not arrive` : null,
      seconds: (performance.now() - startMs) / 1000,
    };
  }
}
