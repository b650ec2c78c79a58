import { expect } from 'chai';
import fc from 'fast-check';
import { mergeReport } from '../../server/domain/report.ts';
import type { ProviderReport, ProviderSide } from '../../server/domain/state.ts';
import { intent, report, txHash } from './factories.ts';
import { seed } from './seed.ts';

const { provider } = intent();
if (provider === null) throw new Error('the factory has a provider');
const side: ProviderSide = provider;
const merge = (...reports: readonly ProviderReport[]) => reports.reduce(mergeReport, side);
const tx = (n: number, amount: string, confirmed = true) => ({
  txHash: txHash(n),
  coin: 'BNB-USDT',
  amount,
  confirmed,
});

describe('the merge of reports', () => {
  it('only grows: older and smaller snapshots, and repeats, change nothing', () => {
    const full = merge(report({ transactions: [tx(1, '95'), tx(2, '5')] }));
    expect(mergeReport(full, report({ transactions: [tx(1, '95')], reportedStatus: 'PARTIAL' }))).to.equal(full);
    expect(mergeReport(full, report({ transactions: [tx(1, '90', false)] }))).to.equal(full);
    expect(full.reportedStatus).to.equal('PAID');
  });

  it('takes the confirmed word over the unconfirmed one, whichever comes first', () => {
    const unconfirmed = report({
      shape: 'unconfirmed',
      reportedStatus: 'unconfirmed',
      transactions: [tx(1, '100', false)],
    });
    for (const order of [
      [unconfirmed, report({ transactions: [tx(1, '99.5')] })],
      [report({ transactions: [tx(1, '99.5')] }), unconfirmed],
    ])
      expect(merge(...order)).to.deep.include({ reportedStatus: 'PAID', transactions: [tx(1, '99.5')] });
  });

  it('compares amounts by value', () => {
    expect(
      merge(report({ transactions: [tx(1, '9.5')] }), report({ transactions: [tx(1, '10')] })).transactions,
    ).to.deep.equal([tx(1, '10')]);
    expect(
      merge(report({ transactions: [tx(1, '1.5')] }), report({ transactions: [tx(1, '1.45')] })).transactions,
    ).to.deep.equal([tx(1, '1.5')]);
    expect(
      merge(report({ transactions: [tx(1, '1.50')] }), report({ transactions: [tx(1, '1.5')] })).transactions,
    ).to.deep.equal([tx(1, '1.50')]);
  });

  it('drops transfers of nothing, and keeps at most a hundred', () => {
    expect(
      merge(report({ transactions: [tx(1, '0'), tx(2, '0.000')], reportedStatus: 'UNPAID' })).transactions,
    ).to.deep.equal([]);
    const many = Array.from({ length: 130 }, (_, n) => tx(n, '1'));
    const full = merge(report({ transactions: many.slice(0, 100) }));
    expect(mergeReport(full, report({ transactions: many })).transactions).to.have.length(100);
  });

  it(`ends in one state whatever the order and repetition (seed ${seed})`, () => {
    const transaction = fc.record({
      n: fc.nat(6),
      amount: fc.constantFrom('0', '1', '1.5', '10', '9.25'),
      confirmed: fc.boolean(),
    });
    const words = fc.constantFrom('UNPAID', 'PARTIAL', 'PAID', 'OVERPAID', 'unconfirmed', 'CANCELLED');
    const deliveries = fc.array(fc.record({ transactions: fc.array(transaction, { maxLength: 4 }), word: words }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(deliveries, fc.array(fc.nat(), { maxLength: 40 }), (list, picks) => {
        const reports = list.map(({ transactions, word }) =>
          report({
            reportedStatus: word,
            transactions: transactions.map(({ n, amount, confirmed }) => tx(n, amount, confirmed)),
          }),
        );
        const repeats = picks.flatMap((pick) => reports[pick % Math.max(1, reports.length)] ?? []);
        const shuffled = [...repeats, ...reports.toReversed(), ...repeats];
        expect(merge(...shuffled)).to.deep.equal(merge(...reports));
      }),
      { seed, numRuns: 1000 },
    );
  });
});
