import type { Block } from 'ethers';
import type { ChainHead } from '../../domain/evidence.ts';
import { AppError } from '../../errors.ts';
import type { ChainConnection } from './connection.ts';
import type { RpcPool } from './rpcPool.ts';

/** A block that must exist; throws `AppError('chain_unavailable')` when no node has it. */
export async function requireBlock(pool: RpcPool, tag: number | 'latest' | 'finalized'): Promise<Block> {
  const block = await pool.run(
    (provider) => provider.getBlock(tag),
    (answer) => answer === null,
  );
  if (block === null) throw new AppError('chain_unavailable', `No node of ${pool.name} has block ${tag}.`);
  return block;
}

/** The highest block up to `candidate` that is not younger than `latestSeconds`. */
async function oldEnough(pool: RpcPool, candidate: number, latestSeconds: number): Promise<number> {
  const isOld = async (number: number) => number <= 0 || (await requireBlock(pool, number)).timestamp <= latestSeconds;
  let low = Math.max(0, candidate);
  let young = low + 1;
  for (let step = 1; !(await isOld(low)); step *= 2) {
    young = low;
    low = Math.max(0, low - step);
  }
  while (young - low > 1) {
    const middle = Math.floor((low + young) / 2);
    if (await isOld(middle)) low = middle;
    else young = middle;
  }
  return low;
}

/**
 * Where a chain stands. `confirmed` is deep enough and old enough by the operator's policy, age measured by the chain's own
 * clock; `finalized` is that and also the chain's `finalized` tag. A tag that stalls or is missing means waiting, never a
 * lower bar.
 */
export async function readHead({ pool, finality }: ChainConnection): Promise<ChainHead> {
  const [latest, tagged] = await pool.run(
    (provider) => Promise.all([provider.getBlock('latest'), provider.getBlock('finalized')]),
    ([head]) => head === null,
  );
  if (latest === null || latest.hash === null) {
    throw new AppError('chain_unavailable', `No node of ${pool.name} has a latest block.`);
  }
  const deep = Math.max(0, latest.number - finality.confirmations + 1);
  const confirmed =
    finality.minimumAgeSeconds === 0
      ? deep
      : await oldEnough(pool, deep, latest.timestamp - finality.minimumAgeSeconds);
  return {
    number: latest.number,
    hash: latest.hash,
    timeMs: latest.timestamp * 1_000,
    confirmed,
    finalized: Math.min(tagged?.number ?? 0, confirmed),
  };
}
