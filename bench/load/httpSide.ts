import type { Side } from '../compare.ts';
import type { BenchProcess } from '../processes.ts';
import { closedLoad } from './closedLoad.ts';

/** A side that is asked over HTTP: `supply` makes so many requests ready. */
export async function httpSide(options: {
  readonly name: string;
  readonly process: BenchProcess;
  readonly connections: number;
  readonly supply: (operations: number) => Promise<readonly Buffer[]>;
}): Promise<Side> {
  const { name, process, connections, supply } = options;
  const port = await process.ask<number>('port');
  let ready: readonly Buffer[] = [];
  let used = 0;
  return {
    name,
    processes: [process],
    async prepare(operations) {
      ready = await supply(operations);
      used = 0;
    },
    run(seconds) {
      const next = () => {
        const bytes = ready[used];
        used += 1;
        return bytes ?? null;
      };
      return closedLoad({ port, connections, seconds, next });
    },
  };
}

/** The same request over and over. */
export const repeated =
  (bytes: Buffer) =>
  async (operations: number): Promise<readonly Buffer[]> =>
    Array.from({ length: operations }, () => bytes);
