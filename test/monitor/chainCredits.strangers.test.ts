import { expect } from 'chai';
import type { PoolWithdrawal } from '../../server/domain/signal.ts';
import { tellWithdrawals } from '../../server/monitor/chainCredits.ts';
import { memoryLogger } from '../providers/chain/chainWorld.ts';

const withdrawal: PoolWithdrawal = {
  chainId: 56,
  tokenAddress: `0x${'11'.repeat(20)}`,
  txHash: `0x${'22'.repeat(32)}`,
  blockNumber: 7,
  blockHash: `0x${'33'.repeat(32)}`,
  account: `0x${'44'.repeat(20)}`,
  amount: 5n,
  logIndex: 0,
  redirected: false,
};

describe('withdrawals of credits by strangers', () => {
  it('are no warning: anybody may use the contract, and would fill the log with them', async () => {
    const logger = memoryLogger();
    const store = { claimsUnder: async () => [], tail: async () => null, at: async () => null };
    const nothing = { told: 0, parked: 0, failed: 0 };
    const telling = {
      tell: async () => nothing,
      attempt: async (_name: string, _fields: object, work: () => Promise<typeof nothing>) => work(),
      tellNow: async () => true,
      forget: () => undefined,
    };
    await tellWithdrawals({ store, logger }, telling, [withdrawal], 9);
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['debug']);
  });
});
