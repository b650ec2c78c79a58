import { expect } from 'chai';
import { EventFragment, Log } from 'ethers';
import { zeroAddress } from '../../../server/domain/terms.ts';
import type { Network } from '../../../server/ports/outside.ts';
import { escrowInterface, escrowTopics, ignoredEvents } from '../../../server/providers/chain/escrowContract.ts';
import { readEscrowEvents } from '../../../server/providers/chain/escrowEvents.ts';
import * as f from '../../domain/factories.ts';

const { shkeeperName, ...listed } = { ...f.asset, shkeeperName: 'BNB-USDT' };
const network: Network = {
  ...{ name: 'bsc', chainId: f.asset.chainId, escrow: f.addresses.escrow, treasury: f.addresses.treasury },
  ...{ refundWallet: f.addresses.refundWallet, shkeeperHotWallet: f.addresses.hotWallet },
  ...{ signers: [], threshold: 2, feeCapBps: 1_000, tokens: [{ ...listed, shkeeperName }] },
};
const [first, second] = [f.txHash(1), f.txHash(2)];

function logOf(index: number, name: string, args: readonly unknown[], transactionHash = first): Log {
  const encoded = escrowInterface.encodeEventLog(name, args);
  const place = { blockNumber: 1_100, blockHash: f.txHash(1_100), transactionHash, transactionIndex: 0, index };
  return new Log({ ...encoded, ...place, address: network.escrow, removed: false }, null as never);
}
const read = (...logs: readonly Log[]) => readEscrowEvents(async () => [...logs], network, 1_100, 1_100);
const recovered = (index: number, amount: bigint, { token = f.addresses.token, closed = false, hash = first } = {}) =>
  logOf(index, 'Recovered', [f.termsId, token, f.addresses.refundTo, amount, closed], hash);

describe('escrowEvents', () => {
  it('reads every event of the contract, or says why not', () => {
    const events = escrowInterface.fragments.filter((fragment) => EventFragment.isFragment(fragment));
    expect(events.length).to.be.greaterThan(0);
    const read = Object.keys(escrowTopics);
    const neither = events.map(({ name }) => name).filter((name) => !read.includes(name) && !(name in ignoredEvents));
    expect(neither, 'neither translated nor ignored').to.deep.equal([]);
    expect(
      read.filter((name) => name in ignoredEvents),
      'both',
    ).to.deep.equal([]);
  });

  it('drops what the escrow recovered of a token that is not listed', async () => {
    expect(await read(recovered(0, 5n, { token: f.addresses.otherToken }))).to.deep.equal([]);
    expect(await read(recovered(0, 5n, { token: zeroAddress }))).to.deep.equal([]);
    expect(await read(recovered(0, 5n))).to.have.length(1);
  });

  it('tells what one transaction recovered of a payment and token as one, closed when any of it closed', async () => {
    const bumped = logOf(2, 'SeqBumped', [f.termsId, 1n]);
    const events = await read(
      recovered(0, 5n),
      recovered(1, 7n, { hash: second }),
      bumped,
      recovered(3, 100n, { closed: true }),
    );
    expect(events.map((event) => event.event)).to.deep.equal(['Recovered', 'SeqBumped', 'Recovered']);
    expect(events[0]).to.deep.include({ closed: false });
    expect(events[0]).to.have.nested.property('movement.amount', 7n);
    expect(events[2]).to.deep.include({ closed: true });
    expect(events[2]).to.have.nested.property('movement.amount', 105n);
  });

  it('tells what a vault lacks', async () => {
    const [event] = await read(logOf(0, 'Shortfall', [f.termsId, 30n]));
    expect(event?.event).to.equal('Shortfall');
    expect(event).to.have.deep.nested.property('movement.termsId', f.termsId);
    expect(event).to.have.nested.property('movement.amount', 30n);
  });
});
