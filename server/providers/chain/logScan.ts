import type { Log } from 'ethers';
import { isLogLimit, isTimeout, NodeBehindError } from './rpcErrors.ts';
import type { RpcPool } from './rpcPool.ts';

/** What to look for; an inner list means "any of these". */
export interface LogFilter {
  /** One contract, or any of several. */
  readonly address?: string | readonly string[];
  readonly topics: readonly (null | string | readonly string[])[];
}

/** All logs of a filter in a range of blocks, both inclusive. */
export type ScanLogs = (filter: LogFilter, fromBlock: number, toBlock: number) => Promise<Log[]>;

// Widest range that the common RPC services accept.
const widestWindow = 2_000;
// A node that times out on fewer blocks than this is ill, not overwhelmed.
const smallestWindowOfTimeouts = 125;
const growth = 1.25;
// At one block a list is halved down to this; below it reading the whole block costs less than asking again.
const fewestReceivers = 16;

/** The same question about either half of its longest list; null when no list is long. */
function halves(filter: LogFilter): [LogFilter, LogFilter] | null {
  const lengths = filter.topics.map((topic) => (Array.isArray(topic) ? topic.length : 0));
  const longest = Math.max(0, ...lengths);
  if (longest <= fewestReceivers) return null;
  const at = lengths.indexOf(longest);
  const half = (from: number, to: number): LogFilter => ({
    ...filter,
    topics: filter.topics.map((topic, n) => (n === at && Array.isArray(topic) ? topic.slice(from, to) : topic)),
  });
  return [half(0, longest >> 1), half(longest >> 1, longest)];
}

const isAnyOf = (wanted: null | undefined | string | readonly string[], value: string | undefined) =>
  wanted === null ||
  wanted === undefined ||
  (value !== undefined && [wanted].flat().some((one) => one.toLowerCase() === value.toLowerCase()));

const matches = ({ address, topics }: LogFilter, log: Log) =>
  isAnyOf(address, log.address) && topics.every((topic, n) => isAnyOf(topic, log.topics[n]));

const isInside = (log: Log, fromBlock: number, toBlock: number) =>
  fromBlock <= log.blockNumber && log.blockNumber <= toBlock;

const causeOf = (error: unknown) => (error instanceof Error && error.cause !== undefined ? error.cause : error);

/** Creates a scan that finds the window a network's nodes accept and remembers it. */
export function createLogScan(pool: RpcPool): ScanLogs {
  let window = widestWindow;

  async function ask(question: LogFilter, fromBlock: number, toBlock: number): Promise<Log[]> {
    const { address, topics } = question;
    const filter = {
      ...(address === undefined ? {} : { address: typeof address === 'string' ? address : [...address] }),
      topics: topics.map((topic) => (typeof topic === 'object' && topic !== null ? [...topic] : topic)),
      fromBlock,
      toBlock,
    };
    return pool.run(async (provider) => {
      // A lagging node answers with what it has, without a word about the blocks it lacks.
      const [end, logs] = await Promise.all([provider.getBlock(toBlock), provider.getLogs(filter)]);
      if (end === null) throw new NodeBehindError(`node does not have block ${toBlock}`);
      // A node that overlooks the question may answer with the logs of any contract; those would be read as its tokens.
      return logs.filter((log) => isInside(log, fromBlock, toBlock) && matches(question, log));
    });
  }

  /** Reads a block's receipts instead, for nodes that refuse its logs whatever the question. */
  const readWhole = (filter: LogFilter, blockNumber: number): Promise<Log[]> =>
    pool.run(async (provider) => {
      const block = await provider.getBlock(blockNumber);
      if (block === null) throw new NodeBehindError(`node does not have block ${blockNumber}`);
      const receipts = await Promise.all(block.transactions.map((hash) => provider.getTransactionReceipt(hash)));
      return receipts.flatMap((receipt) => {
        if (receipt?.blockHash !== block.hash) throw new NodeBehindError(`node lacks receipts of block ${blockNumber}`);
        return receipt.logs.filter((log) => matches(filter, log));
      });
    });

  /** One block whose logs are too many for the node: fewer receivers at a time, at last the block itself. */
  async function askOne(filter: LogFilter, blockNumber: number): Promise<Log[]> {
    const parts = halves(filter);
    if (parts === null) return readWhole(filter, blockNumber);
    let logs: Log[] = [];
    for (const part of parts) {
      const found = await ask(part, blockNumber, blockNumber).catch((error: unknown) => {
        if (!isLogLimit(causeOf(error))) throw error;
        return askOne(part, blockNumber);
      });
      logs = logs.concat(found);
    }
    return logs;
  }

  function narrower(error: unknown): boolean {
    const cause = causeOf(error);
    if (isLogLimit(cause)) return true;
    return window > smallestWindowOfTimeouts && isTimeout(cause);
  }

  return async (filter, fromBlock, toBlock) => {
    let found: Log[] = [];
    for (let from = fromBlock; from <= toBlock; ) {
      const to = Math.min(toBlock, from + window - 1);
      try {
        // Not pushed with a spread: a call takes about 100,000 arguments, a range may hold more logs.
        found = found.concat(await ask(filter, from, to));
        from = to + 1;
        window = Math.min(widestWindow, Math.ceil(window * growth));
      } catch (error) {
        if (from === to && isLogLimit(causeOf(error))) {
          found = found.concat(await askOne(filter, from));
          from = to + 1;
          continue;
        }
        if (!narrower(error)) throw error;
        window = Math.max(1, Math.floor(Math.min(window, to - from + 1) / 2));
      }
    }
    return found;
  };
}
