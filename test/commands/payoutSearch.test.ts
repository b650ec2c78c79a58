import { expect } from 'chai';
import { createPayoutSearch } from '../../server/commands/rules/payoutSearch.ts';
import type { PayoutView } from '../../server/commands/rules/payoutView.ts';
import { requestedMachine } from '../../server/domain/payoutMachine.ts';
import type { Transfer } from '../../server/domain/state.ts';
import type { ChainReader } from '../../server/ports/outside.ts';
import type { TransitionStore } from '../../server/ports.ts';
import * as f from '../domain/factories.ts';

const machine = {
  ...requestedMachine({
    ...{
      externalId: 'payment-9-0',
      coin: 'BNB-USDT',
      wallet: f.addresses.hotWallet,
      callbackUrl: 'https://example.org',
    },
    ...{ destination: f.addresses.vault, amount: 100n, requestedAtMs: f.startMs },
  }),
  postedBlock: 1_000,
};
const view: PayoutView = { logId: 'payment', asset: f.asset, machine, forwarded: null, source: null };
const own = (blockNumber: number): Transfer => f.transfer(100n, { ...f.fromHotWallet, blockNumber });

describe('payoutSearch', () => {
  /** A chain whose head stands at 1,010 with everything up to 1,005 final. */
  function arrange() {
    const mined: Transfer[] = [];
    const read: number[] = [];
    const chain: Pick<ChainReader, 'head' | 'transfersTo'> = {
      head: async () => ({ number: 1_010, finalized: 1_005, confirmed: 1_008, hash: f.txHash(1), timeMs: f.startMs }),
      transfersTo: async (_network, _receivers, from, to) => {
        read.push(from);
        return mined.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to);
      },
    };
    const store: Pick<TransitionStore, 'claimant'> = { claimant: async () => null };
    return { mined, read, search: createPayoutSearch({ chain, store }) };
  }

  it('finds a transfer in a block that was empty before the chain put another in its place', async () => {
    const { mined, search } = arrange();
    expect(await search(view)).to.equal(null);
    const late = own(1_006);
    mined.push(late);
    expect(await search(view)).to.equal(late);
  });

  it('reads final blocks once', async () => {
    const { read, search } = arrange();
    await search(view);
    await search(view);
    expect(read).to.deep.equal([1_000, 1_006]);
  });
});
