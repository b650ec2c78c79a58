import { expect } from 'chai';
import { createConfirmBatch } from '../../server/commands/confirmBatch.ts';
import { AppError, type ErrorCode } from '../../server/errors.ts';
import type { FailedItem } from '../../server/ports/outside.ts';
import { txHash as hashOf } from '../domain/factories.ts';
import { admin, refused } from './commandsWorld.ts';
import { arrange } from './coordinatorBench.ts';

const txHash = hashOf(1);

describe('confirmBatch', () => {
  /** Three payments of which a transaction settled none; it left these items, and each payment is refused by its own code. */
  async function openThree(failed: (termsIds: readonly string[]) => FailedItem[], codes: readonly ErrorCode[] = []) {
    const { open, transitions } = arrange();
    const opened = [await open(), await open(), await open()];
    const ids = opened.map(({ paymentId }) => paymentId);
    let asked = 0;
    const confirmBatch = createConfirmBatch({
      store: transitions,
      gateway: {
        failedItems: async () => {
          asked += 1;
          return failed(opened.map(({ termsId }) => termsId));
        },
      },
      confirmSettlement: async ({ paymentId }) => {
        throw new AppError(codes[ids.indexOf(paymentId)] ?? 'transaction_other_payment', 'not by this one');
      },
    });
    return { confirm: () => confirmBatch({ actor: admin, paymentIds: ids, txHash }), asked: () => asked };
  }

  it('gives each payment the contract’s own reason for it, and none to a payment that the transaction does not name', async () => {
    const { confirm } = await openThree(([first = '', , third = '']) => [
      { termsId: third, reason: 'WrongSeq' },
      { termsId: first, reason: null },
    ]);
    const items = await confirm();
    expect(items.map((item) => (item.outcome === 'failed' ? item.reason : item.outcome))).to.deep.equal([
      ...[null, 'refused', 'WrongSeq'],
    ]);
  });

  it('keeps a refusal that is not about the transaction: the contract settled the payment, or nobody knows it', async () => {
    const everyone = (termsIds: readonly string[]) => termsIds.map((termsId) => ({ termsId, reason: 'WrongSeq' }));
    const codes = ['transaction_mismatch', 'transaction_other_payment', 'not_found'] as const;
    const { confirm, asked } = await openThree(everyone, codes);
    const items = await confirm();
    expect(items.map((item) => (item.outcome === 'refused' ? item.code : item.outcome))).to.deep.equal([
      ...['transaction_mismatch', 'failed', 'not_found'],
    ]);
    expect(asked()).to.equal(1);
  });

  for (const code of ['transaction_not_mined', 'transaction_reverted', 'transaction_foreign_contract'] as const) {
    it(`refuses all by ${code}, which is said of the transaction and so of every payment`, async () => {
      const { confirm, asked } = await openThree(() => [], ['transaction_other_payment', code]);
      await refused(confirm(), code);
      expect(asked()).to.equal(0);
    });
  }

  it('fails as a whole when the chain is away while it asks what was left, since the answer may be repeated', async () => {
    const { confirm } = await openThree(() => {
      throw new AppError('chain_unavailable', 'No node answers.');
    });
    await refused(confirm(), 'chain_unavailable');
  });
});
