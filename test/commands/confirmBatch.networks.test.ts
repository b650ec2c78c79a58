import { expect } from 'chai';
import { createConfirmBatch } from '../../server/commands/confirmBatch.ts';
import { AppError, type ErrorCode } from '../../server/errors.ts';
import { txHash as hashOf } from '../domain/factories.ts';
import { admin, refused } from './commandsWorld.ts';
import { arrange } from './coordinatorBench.ts';

const txHash = hashOf(1);

describe('confirmBatch, of payments of several networks', () => {
  /** Payments that are settled (null) or refused by a code, in a batch whose reasons a node gives or does not. */
  async function confirm(codes: readonly (ErrorCode | null)[], reasons: 'given' | 'away' = 'given') {
    const { open, transitions } = arrange();
    const outcomes = new Map<string, ErrorCode | null>();
    for (const code of codes) outcomes.set((await open()).paymentId, code);
    let asked = 0;
    const run = createConfirmBatch({
      store: transitions,
      gateway: {
        failedItems: async () => {
          asked += 1;
          if (reasons === 'away') throw new AppError('chain_unavailable', 'No node answers.');
          return [];
        },
      },
      confirmSettlement: async ({ paymentId }) => {
        const code = outcomes.get(paymentId);
        if (code) throw new AppError(code, 'not by this one');
        const state = (await transitions.tail(paymentId))?.state;
        if (state?.direction !== 'in') throw new Error('no payment');
        return { state, settlement: { state: 'final', txHash } };
      },
    });
    const work = run({ actor: admin, paymentIds: [...outcomes.keys()], txHash });
    const words = async () => (await work).map((item) => (item.outcome === 'refused' ? item.code : item.outcome));
    return { work, words, asked: () => asked };
  }

  for (const code of ['transaction_not_mined', 'transaction_foreign_contract', 'chain_unavailable'] as const) {
    it(`answers ${code} for its own payment, and does not hide that the others are booked`, async () => {
      const { words } = await confirm([null, code, null]);
      expect(await words()).to.deep.equal(['settled', code, 'settled']);
    });
  }

  it('refuses the whole call when no payment followed the transaction, since it may be repeated as it is', async () => {
    await refused((await confirm(['transaction_not_mined', 'not_found'])).work, 'transaction_not_mined');
    await refused((await confirm(['not_found', 'chain_unavailable'])).work, 'chain_unavailable');
  });

  it('leaves the reasons away when no node gives them and others are booked, and asks for them once', async () => {
    const other = 'transaction_other_payment';
    const { words, asked } = await confirm([null, other, other], 'away');
    expect(await words()).to.deep.equal(['settled', other, other]);
    expect(asked()).to.equal(1);
    await refused((await confirm([other, other], 'away')).work, 'chain_unavailable');
  });
});
