import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { toBeHex, Wallet } from 'ethers';
import { connectChain } from '../../../server/providers/chain/connectChain.ts';
import { sumArrivals, transferTopic } from '../../../server/providers/chain/transferLogs.ts';
import { type ChainWorld, erc20, one, openChainWorld } from './chainWorld.ts';

const fresh = () => `0x${randomBytes(20).toString('hex')}`;
const amount = (value: bigint) => toBeHex(value, 32);

describe('chain: transfer reader', () => {
  let world: ChainWorld;
  before(async () => {
    world = await openChainWorld();
  });
  after(() => world.close());

  const reader = () => world.chain.reader;
  const prove = (txHash: string, receiver: string, notBefore = 0) =>
    reader().proveTransfer('bsc', txHash, receiver, notBefore);
  const scan = async (receiver: string, from = 0) =>
    reader().transfersTo('bsc', [receiver], from, (await reader().head('bsc')).number);

  it('reads the head with depth and finality, and never calls a block final that is not deep enough', async () => {
    await world.mine(10);
    const head = await reader().head('bsc');
    expect(head.confirmed).to.equal(head.number - 1);
    expect(head.finalized).to.equal(head.number - 4);
    expect(head.hash).to.equal(await reader().blockHash('bsc', head.number));
    expect(head.timeMs % 1_000).to.equal(0);
    expect(await reader().blockHash('bsc', head.number + 1)).to.equal(null);
  });

  it('finds and proves a transfer, first pending, then confirmed, then final', async () => {
    const receiver = fresh();
    const receipt = await world.pay(receiver, 7n * one);
    const [pending] = await prove(receipt.hash, receiver);
    expect(pending).to.deep.include({ verdict: 'pending', confirmations: 1, final: false });
    await world.mine(1);
    expect((await prove(receipt.hash, receiver))[0]).to.deep.include({
      verdict: 'confirmed',
      confirmations: 2,
      final: false,
    });
    await world.finalize();
    const [proof] = await prove(receipt.hash, receiver);
    expect(proof).to.deep.include({ verdict: 'confirmed', final: true });
    const block = await world.rpc<{ timestamp: string }>('eth_getBlockByHash', [receipt.blockHash, false]);
    const transfer = {
      chainId: 31337,
      txHash: receipt.hash,
      receiver,
      tokenAddress: world.deployment.token.toLowerCase(),
      asset: 'bsc:USDT',
      amount: 7n * one,
      blockNumber: receipt.blockNumber,
      blockHash: receipt.blockHash,
      blockTimeMs: Number(block.timestamp) * 1_000,
      senders: [world.deployment.buyerAddress.toLowerCase()],
    };
    expect(proof).to.deep.include({ transfer });
    expect(await scan(receiver)).to.deep.equal([transfer]);
  });

  it('says why a transaction proves nothing', async () => {
    const receiver = fresh();
    const { hash, blockNumber } = await world.pay(receiver, one);
    expect(await prove(`0x${'ab'.repeat(32)}`, receiver)).to.deep.equal([{ verdict: 'notFound' }]);
    expect(await prove(hash, fresh())).to.deep.equal([{ verdict: 'wrongReceiver' }]);
    expect(await prove(hash, receiver, blockNumber + 1)).to.deep.equal([{ verdict: 'tooOld' }]);
    expect((await prove(hash, receiver, blockNumber))[0]?.verdict).to.equal('pending');
    const broke = Wallet.createRandom().privateKey;
    const sender = new Wallet(broke).address;
    await world.rpc('anvil_setBalance', [sender, toBeHex(one)]);
    const reverted = await world.pay(receiver, one, broke);
    expect(reverted.status).to.equal(0);
    expect(await prove(reverted.hash, receiver)).to.deep.equal([
      { verdict: 'reverted', sender: sender.toLowerCase(), blockNumber: reverted.blockNumber },
    ]);
    expect(await scan(receiver, blockNumber + 1)).to.deep.equal([]);
  });

  it('reads no token that is not listed, whatever its contract says', async () => {
    const receiver = fresh();
    const receipt = await world.emit([transferTopic, world.deployment.buyerAddress, receiver], amount(500n * one));
    expect(await prove(receipt.hash, receiver)).to.deep.equal([{ verdict: 'wrongReceiver' }]);
    expect(await scan(receiver)).to.deep.equal([]);
  });

  it('is not held up by a contract that writes thousands of logs', async () => {
    const receiver = fresh();
    const flood = await world.flood(receiver, 9_000);
    expect(flood.logs).to.have.length(9_000);
    const { hash } = await world.pay(receiver, one);
    const began = performance.now();
    expect((await scan(receiver, flood.blockNumber)).map(({ txHash }) => txHash)).to.deep.equal([hash]);
    expect(performance.now() - began).to.be.lessThan(1_000);
    expect(await prove(flood.hash, receiver)).to.deep.equal([{ verdict: 'wrongReceiver' }]);
    // Nearly all of the time goes by while the chain writes them.
  }).timeout(120_000);

  it('sums many senders in one pass, keeps a few of them and the provider’s wallet always', () => {
    const [to, pinned] = [fresh(), fresh()];
    const place = { txHash: '0x1', token: '0x2', to, value: 1n, blockNumber: 1, blockHash: '0x4' };
    const movements = Array.from({ length: 20_000 }, (_, n) => ({ ...place, from: `0x${n}` }));
    const began = performance.now();
    const [sum] = sumArrivals([...movements, { ...place, from: pinned }], new Set([to]), pinned);
    expect(performance.now() - began).to.be.lessThan(1_000);
    expect(sum).to.deep.include({ received: 20_001n, returned: 0n });
    expect(sum?.senders).to.have.length(8).and.to.include(pinned);
    const [back] = sumArrivals([...movements, { ...place, from: to, to: '0x19999' }], new Set([to]), pinned);
    expect(back).to.deep.include({ received: 20_000n, returned: 1n });
    expect(back?.senders).to.have.length(8).and.to.not.include(pinned);
  });

  it('takes no ERC-721 transfer, no empty and no malformed one for money', async () => {
    const receiver = fresh();
    const from = world.deployment.buyerAddress;
    const nft = await world.emit([transferTopic, from, receiver, amount(1n)], '0x');
    const hybrid = await world.emit([transferTopic, from, receiver, amount(1n)], amount(5n));
    const nothing = await world.emit([transferTopic, from, receiver], amount(0n));
    const short = await world.emit([transferTopic, from, receiver], '0x05');
    const toItself = await world.emit([transferTopic, receiver, receiver], amount(5n));
    for (const { hash } of [nft, hybrid, nothing, short, toItself]) {
      expect(await prove(hash, receiver)).to.deep.equal([{ verdict: 'wrongReceiver' }]);
    }
    expect(await scan(receiver)).to.deep.equal([]);
  });

  it('sums two transfers of one transaction, and one transfer a receiver', async () => {
    const [receiver, other] = [fresh(), fresh()];
    const { token, buyerAddress } = world.deployment;
    const transfer = (to: string, value: bigint) => ({
      to: token,
      data: erc20.encodeFunctionData('transferFrom', [buyerAddress, to, value]),
    });
    const receipt = await world.batch([
      transfer(receiver, 2n * one),
      transfer(other, 9n * one),
      transfer(receiver, 3n * one),
    ]);
    expect(receipt.status).to.equal(1);
    const proofs = await prove(receipt.hash, receiver);
    expect(proofs).to.have.length(1);
    expect(proofs[0]).to.have.nested.property('transfer.amount', 5n * one);
    const found = await reader().transfersTo('bsc', [receiver, other], 0, receipt.blockNumber);
    expect(found.map((entry) => entry.amount)).to.have.members([5n * one, 9n * one]);
  });

  it('takes off what the receiver gave back to the sender in the same transaction', async () => {
    const wallet = Wallet.createRandom();
    const receiver = wallet.address.toLowerCase();
    const { token, buyerAddress } = world.deployment;
    await world.rpc('anvil_setBalance', [receiver, toBeHex(one)]);
    const pull = (from: string, to: string, value: bigint) => ({
      to: token,
      data: erc20.encodeFunctionData('transferFrom', [from, to, value]),
    });
    const maker = await world.nextBatchAddress();
    await world.send(wallet.privateKey, { to: token, data: erc20.encodeFunctionData('approve', [maker, 100n * one]) });
    const receipt = await world.batch([
      pull(buyerAddress, receiver, 10n * one),
      pull(receiver, buyerAddress, 4n * one),
      pull(receiver, fresh(), 1n * one),
    ]);
    expect((await prove(receipt.hash, receiver))[0]).to.have.nested.property('transfer.amount', 6n * one);
    expect((await scan(receiver)).map((entry) => entry.amount)).to.deep.equal([6n * one]);
  });

  it('does not take off what the escrow itself returned and told by its own event', async () => {
    const buyer = world.deployment.buyerAddress.toLowerCase();
    const seller = await world.nextBatchAddress();
    const terms = world.terms({ seller, refundTo: buyer });
    const { vault, termsId } = world.chain.gateway.identify('bsc', terms);
    const receipt = await world.batch([
      { to: world.deployment.token, data: erc20.encodeFunctionData('transferFrom', [buyer, vault, 30n * one]) },
      { to: world.deployment.escrow, data: world.encode('recover', [terms, terms.token]) },
    ]);
    expect((await scan(vault)).map((entry) => entry.amount)).to.deep.equal([30n * one]);
    expect((await prove(receipt.hash, vault))[0]).to.have.nested.property('transfer.amount', 30n * one);
    const events = await reader().escrowEvents('bsc', receipt.blockNumber, receipt.blockNumber);
    expect(events).to.have.length(1);
    expect(events[0]).to.deep.include({ event: 'Recovered', closed: true });
    expect(events[0]).to.have.nested.property('movement.termsId', termsId);
    expect(events[0]).to.have.nested.property('movement.amount', 30n * one);
  });

  it('calls a transaction orphaned or unknown when its block left the chain', async () => {
    const receiver = fresh();
    const receipt = await world.pay(receiver, one);
    await world.mine(1);
    await world.reorganise(2);
    expect(await reader().blockHash('bsc', receipt.blockNumber)).to.not.equal(receipt.blockHash);
    expect(['notFound', 'orphaned']).to.include((await prove(receipt.hash, receiver))[0]?.verdict);
    expect(await scan(receiver)).to.deep.equal([]);
  });

  it('believes no receipt whose block is not the canonical one', async () => {
    const receiver = fresh();
    const receipt = await world.pay(receiver, one);
    const { reader: misled, close } = world.withStaleReceipt(receipt);
    try {
      expect((await misled.proveTransfer('bsc', receipt.hash, receiver, 0))[0]?.verdict).to.equal('pending');
      await world.reorganise(1);
      await world.mine(1);
      expect(await misled.proveTransfer('bsc', receipt.hash, receiver, 0)).to.deep.equal([{ verdict: 'orphaned' }]);
    } finally {
      close();
    }
  });

  it('asks for many receivers in several questions and forgets none', async () => {
    const [first, last] = [fresh(), fresh()];
    await world.pay(first, one);
    await world.pay(last, 2n * one);
    const receivers = [first, ...Array.from({ length: 1_100 }, fresh), last.toUpperCase().replace('0X', '0x')];
    const head = await reader().head('bsc');
    const found = await reader().transfersTo('bsc', receivers, head.number - 1, head.number);
    expect(found.map((entry) => entry.receiver)).to.deep.equal([first, last]);
  });

  it('reads balances and how many transactions an account has sent', async () => {
    const { buyerAddress, token, seller } = { ...world.deployment, seller: world.deployment.sellerAddress };
    const before = await reader().transactionCounts('bsc', buyerAddress);
    await world.finalize();
    const settled = await reader().transactionCounts('bsc', buyerAddress);
    expect(settled.finalized).to.equal(before.pending);
    await world.pay(seller, 3n);
    expect(await reader().transactionCounts('bsc', buyerAddress)).to.deep.equal({
      pending: settled.pending + 1,
      finalized: settled.finalized,
    });
    expect(await reader().tokenBalance('bsc', token, seller)).to.equal(3n);
    expect(await reader().nativeBalance('bsc', fresh())).to.equal(0n);
    const refused = await reader()
      .head('nowhere')
      .catch((error) => error.code);
    expect(refused).to.equal('network_not_supported');
  });

  it('waits for age as well as for depth', async () => {
    const finality = { confirmations: 2, minimumAgeSeconds: 60 };
    const networks = [{ ...world.configured, finality }];
    const patient = await connectChain({ networks, logger: world.logger, clock: { now: () => Date.now() } });
    try {
      await world.rpc('evm_increaseTime', [3_600]);
      await world.mine(1);
      const old = (await patient.reader.head('bsc')).number;
      for (let block = 1; block <= 12; block += 1) {
        await world.rpc('evm_increaseTime', [9]);
        await world.mine(1);
      }
      const head = await patient.reader.head('bsc');
      expect(head.number).to.equal(old + 12);
      // blocks are 9 or 10 s apart: 60 s ago is six or seven blocks back
      expect(head.confirmed).to.be.within(old + 5, old + 6);
      expect(head.finalized).to.equal(head.confirmed);
    } finally {
      patient.close();
    }
  });
});
