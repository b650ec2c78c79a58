import { expect } from 'chai';
import { createDeliveryTally } from '../../server/deps/deliveryTally.ts';
import type { ProviderEventStore } from '../../server/ports/deliveries.ts';
import { eventually } from '../support/eventually.ts';

function world(count: ProviderEventStore['count']) {
  const warnings: object[] = [];
  const ignore = () => undefined;
  const logger = { debug: ignore, info: ignore, error: ignore, warn: (fields: object) => void warnings.push(fields) };
  const store = { keep: async () => undefined, count, stats: async () => ({}), list: async () => [] };
  return { warnings, tally: createDeliveryTally(store, logger) };
}

describe('counting deliveries', () => {
  it('writes a thousand refusals as one sum, within about a second', async () => {
    const written: unknown[] = [];
    const { tally } = world(async (...sum) => void written.push(sum));
    for (let n = 0; n < 1_000; n += 1) await tally.count('shkeeper', 'refused', 'signature_missing');
    await tally.count('shkeeper', 'duplicate', 'noChange');
    expect(written).to.deep.equal([]);
    await eventually(() => written.length > 0, { timeoutMs: 5_000, what: 'the sums are written' });
    expect(written).to.deep.equal([
      ['shkeeper', 'refused', 'signature_missing', 1_000],
      ['shkeeper', 'duplicate', 'noChange', 1],
    ]);
  });

  it('writes before it says how many there were, and when the server stops', async () => {
    const written: unknown[] = [];
    const { tally } = world(async (...sum) => void written.push(sum));
    await tally.count('shkeeper', 'accepted', 'changed');
    await tally.stats('shkeeper');
    expect(written).to.have.length(1);
    await tally.count('shkeeper', 'accepted', 'changed');
    await tally.flush();
    expect(written).to.have.length(2);
    await tally.flush();
    expect(written).to.have.length(2);
  });

  it('answers at once and says what was lost when the database is away', async () => {
    const { tally, warnings } = world(async () => Promise.reject(new Error('no database')));
    await tally.count('shkeeper', 'refused', 'no_keys');
    await tally.flush();
    expect(warnings[0]).to.include({ outcome: 'refused', reason: 'no_keys', count: 1 });
  });
});
