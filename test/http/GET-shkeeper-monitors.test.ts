import { expect } from 'chai';
import request from 'supertest';
import type { AppDeps } from '../../server/http/appDeps.ts';
import { addressOf, paymentId } from './records.ts';
import { nowMs, standIn } from './standIn.ts';

const wallets = '/api/payment/shkeeper/wallet-monitor/status';
const polls = '/api/payment/shkeeper/auto-webhook/status';
const gateway: AppDeps['gateway'] = {
  checksum: (address) => address,
  network: () => null,
  networks: () => [{ name: 'bsc', chainId: 56 }] as never,
};
function world(own: Partial<AppDeps['watching']> = {}) {
  const addresses = [{ address: addressOf('8'), custody: 'provider' as const }];
  const watch = { paymentId, chainId: 56, addresses, termsId: '0x', hotWallet: null, fromBlock: 1, untilMs: nowMs };
  const watching: AppDeps['watching'] = {
    finalized: async () => 1_000,
    cursor: async (chainId) => ({ chainId, blockNumber: 990, recent: [] }),
    watched: async () => [watch],
    duePolls: async () => ({ count: 0, oldestMs: null }),
    ofPayment: async () => ({ work: [], watch: null }),
    ...own,
  };
  return standIn({ deps: { watching, gateway } });
}

describe('GET /api/payment/shkeeper/wallet-monitor/status', () => {
  it('tells everybody how fresh the watch is, and addresses to admins alone', async () => {
    const { app, as } = world();
    const networks = [{ network: 'bsc', isMonitoring: true, block: 990, behindBlocks: 10 }];
    const data = { isMonitoring: true, asOf: new Date(nowMs).toISOString(), networks };
    expect((await request(app).get(wallets)).body).to.deep.equal({ success: true, data });
    for (const role of ['buyer', 'seller', 'auditor'] as const)
      expect((await as(role).get(wallets)).text).to.not.include(addressOf('8'));
    expect((await as('admin').get(wallets)).body.data.wallets).to.deep.equal([
      { network: 'bsc', paymentId, addresses: [addressOf('8')] },
    ]);
  });

  it('is not monitoring without a cursor, far behind, or when the chain cannot be read', async () => {
    const stateOf = async (own: Partial<AppDeps['watching']>) => {
      const { data } = (await request(world(own).app).get(wallets)).body;
      return [data.isMonitoring, data.networks[0].behindBlocks];
    };
    expect(await stateOf({ cursor: async () => null })).to.deep.equal([false, null]);
    expect(await stateOf({ finalized: async () => 1_491 })).to.deep.equal([false, 501]);
    expect(await stateOf({ finalized: () => Promise.reject(new Error('away')) })).to.deep.equal([false, null]);
  });

  it('asks once for all who ask at the same time', async () => {
    let asked = 0;
    const finalized = async () => {
      asked += 1;
      return 1_000;
    };
    const { app } = world({ finalized });
    for (let n = 0; n < 5; n += 1) await request(app).get(wallets);
    expect(asked).to.equal(1);
  });
});

describe('GET /api/payment/shkeeper/auto-webhook/status', () => {
  const stateOf = async (count: number, oldestMs: number | null) =>
    (await request(world({ duePolls: async () => ({ count, oldestMs }) }).app).get(polls)).body.data;

  it('is idle when no look is due, runs while looks are in time, and is behind when they are not', async () => {
    const common = { asOf: new Date(nowMs).toISOString(), intervalSeconds: 60 };
    const [idle, running, behind] = [
      await stateOf(0, null),
      await stateOf(3, nowMs - 20_000),
      await stateOf(9, nowMs - 181_000),
    ];
    expect(idle).to.deep.equal({ ...common, isMonitoring: true, state: 'idle', due: 0, oldestDueSeconds: 0 });
    expect(running).to.deep.equal({ ...common, isMonitoring: true, state: 'running', due: 3, oldestDueSeconds: 20 });
    expect(behind).to.deep.equal({ ...common, isMonitoring: false, state: 'behind', due: 9, oldestDueSeconds: 181 });
  });
});
