import { isError } from 'ethers';
import { AppError } from '../../errors.ts';
import type { ReadyTransaction, TrialVerdict } from '../../ports/outside.ts';
import { within } from '../../timers.ts';
import type { ChainConnection } from './connection.ts';
import { decodeError } from './escrowCodec.ts';

/** Just below 2^24, the most that a transaction of a chain with EIP-7825 may use; 50 items need far less. */
const trialGas = 16_000_000n;
/** A check is part of answering a person; a node that needs longer is as good as none. */
export const checkLimitMs = 5_000;

/** The work's result, or `AppError('chain_unavailable')` when it takes too long. */
export const answered = <T>(work: Promise<T>, limitMs: number): Promise<T> =>
  within(work, limitMs, () => new AppError('chain_unavailable', 'The question to the chain took too long.'));

/** What the chain would do with a transaction now; `unknown` when no node answers in time, which is no verdict. */
export async function tryTransaction(
  { pool }: ChainConnection,
  { to, data }: ReadyTransaction,
  limitMs = checkLimitMs,
): Promise<TrialVerdict> {
  try {
    await answered(
      pool.run((provider) => provider.call({ to, data, gasLimit: trialGas })),
      limitMs,
    );
    return { outcome: 'goes' };
  } catch (error) {
    if (error instanceof AppError) return { outcome: 'unknown' };
    if (isError(error, 'CALL_EXCEPTION')) return { outcome: 'reverts', reason: decodeError(error.data ?? '') };
    throw error;
  }
}
