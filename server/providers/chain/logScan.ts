import type { Log } from 'ethers';
import { isLogLimit, isTimeout, NodeBehindError } from './rpcErrors.ts';
import type { RpcPool } from './rpcPool.ts';

/** What to look for; an inner list means "any of these". */
export interface LogFilter {
  readonly address?: string;
  readonly topics: readonly (null | string | readonly string[])[];
}

/** All logs of a filter in a range of blocks, both inclusive. */
export type ScanLogs = (filter: LogFilter, fromBlock: number, toBlock: number) => Promise<Log[]>;

// Widest range that the common RPC services accept (web3-and-chain.md §5.2).
const widestWindow = 2_000;
// A node that times out on fewer blocks than this is ill, not overwhelmed.
const smallestWindowOfTimeouts = 125;
const growth = 1.25;

/** Creates a scan that finds the window a network's nodes accept and remembers it. */
export function createLogScan(pool: RpcPool): ScanLogs {
  let window = widestWindow;

  async function ask({ address, topics }: LogFilter, fromBlock: number, toBlock: number): Promise<Log[]> {
    const filter = {
      ...(address === undefined ? {} : { address }),
      topics: topics.map((topic) => (typeof topic === 'object' && topic !== null ? [...topic] : topic)),
      fromBlock,
      toBlock,
    };
    return pool.run(async (provider) => {
      // A lagging node answers with what it has, without a word about the blocks it lacks.
      const [end, logs] = await Promise.all([provider.getBlock(toBlock), provider.getLogs(filter)]);
      if (end === null) throw new NodeBehindError(`node does not have block ${toBlock}`);
      return logs;
    });
  }

  function narrower(error: unknown): boolean {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (window > 1 && isLogLimit(cause)) return true;
    return window > smallestWindowOfTimeouts && isTimeout(cause);
  }

  return async (filter, fromBlock, toBlock) => {
    const found: Log[] = [];
    for (let from = fromBlock; from <= toBlock; ) {
      const to = Math.min(toBlock, from + window - 1);
      try {
        found.push(...(await ask(filter, from, to)));
        from = to + 1;
        window = Math.min(widestWindow, Math.ceil(window * growth));
      } catch (error) {
        if (!narrower(error)) throw error;
        window = Math.max(1, Math.floor(Math.min(window, to - from + 1) / 2));
      }
    }
    return found;
  };
}
