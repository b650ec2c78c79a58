import { expect } from 'chai';
import type { Watch } from '../../server/ports.ts';
import { randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('work kept for one payment', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  it('is told with its watch, and nothing of other payments', async () => {
    const [paymentId, other] = [randomIds.payment(), randomIds.payment()];
    const { dueWork, watches, paymentWork } = opened.store;
    const addresses = [{ address: '0x1', custody: 'provider' as const }];
    const watch: Watch = {
      paymentId,
      chainId: 56,
      addresses,
      termsId: '0x2',
      hotWallet: null,
      fromBlock: 1,
      untilMs: 9,
    };
    await watches.upsert(watch);
    await watches.upsert({ ...watch, paymentId: other });
    await dueWork.schedule('poll', paymentId, 1_000);
    await dueWork.schedule('verify', paymentId, 2_000);
    await dueWork.schedule('poll', other, 3_000);
    const kept = await paymentWork(paymentId);
    expect(kept.watch).to.deep.equal(watch);
    expect(kept.work).to.have.deep.members([
      { kind: 'poll', atMs: 1_000, leaseUntilMs: 0, attempts: 0 },
      { kind: 'verify', atMs: 2_000, leaseUntilMs: 0, attempts: 0 },
    ]);
    expect(await paymentWork(randomIds.payment())).to.deep.equal({ work: [], watch: null });
  });
});
