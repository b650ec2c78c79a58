import { BoundedMap } from '../../boundedMap.ts';
import type { RpcPool } from './rpcPool.ts';

/** Times of blocks in milliseconds; null when the canonical block of this number is another one, or is not there. */
export interface BlockClock {
  /** Looks at the chain now: the answer proves that the block is canonical. */
  canonicalTime(blockNumber: number, blockHash: string): Promise<number | null>;
  /** May answer from memory: for logs, which a node gives of canonical blocks only. */
  timeOfLog(blockNumber: number, blockHash: string): Promise<number | null>;
}

// One finality window of Ethereum is about 100 blocks; this is a few hundred kilobytes.
const remembered = 2_000;

/** Creates a clock that remembers the times of blocks by their hash, which never change. */
export function createBlockClock(pool: RpcPool): BlockClock {
  const times = new BoundedMap<string, number>(remembered);

  async function canonicalTime(blockNumber: number, blockHash: string): Promise<number | null> {
    const block = await pool.run(
      (provider) => provider.getBlock(blockNumber),
      (answer) => answer?.hash?.toLowerCase() !== blockHash,
    );
    return block?.hash?.toLowerCase() === blockHash ? block.timestamp * 1_000 : null;
  }

  return {
    canonicalTime,
    timeOfLog: async (blockNumber, blockHash) => {
      const known = times.get(blockHash);
      if (known !== undefined) return known;
      const time = await canonicalTime(blockNumber, blockHash);
      if (time === null) return null;
      times.set(blockHash, time);
      return time;
    },
  };
}
