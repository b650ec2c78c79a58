import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { toBeHex } from 'ethers';
import { transferTopic } from '../../server/providers/chain/transferLogs.ts';
import { type ChainWorld, finalityBlocks, one, openChainWorld } from '../providers/chain/chainWorld.ts';
import { freshId, type MonitorStage, monitorStage, suspense } from './monitorStage.ts';

describe('chain monitor', () => {
  let world: ChainWorld;
  let stage: MonitorStage;
  before(async () => {
    world = await openChainWorld();
  });
  after(() => world.close());
  beforeEach(() => {
    stage = monitorStage(world);
  });

  it('finds a transfer nobody reported: seen, then confirmed, then behind the cursor', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const { paymentId, vault } = await stage.payment();
    const { blockNumber } = await world.pay(vault, 5n * one);
    await watching.tick();
    expect(stage.books.changes(paymentId)).to.deep.equal(['transferSeen']);
    await world.mine(1);
    await watching.tick();
    await watching.tick();
    expect(stage.books.changes(paymentId)).to.deep.equal(['transferSeen', 'transferConfirmed']);
    expect(stage.cursors.stored()?.blockNumber).to.be.lessThan(blockNumber);
    const report = await stage.settleDown(watching);
    expect(stage.cursors.stored()?.blockNumber).to.equal(report.finalized).and.to.be.at.least(blockNumber);
    await stage.settleDown(watching);
    expect(stage.books.changes(paymentId)).to.deep.equal(['transferSeen', 'transferConfirmed']);
    expect(stage.books.standing(paymentId)).to.equal(5n * one);
  });

  it('finds money at the provider’s address and leaves alone what is older than the intent', async () => {
    const address = `0x${randomBytes(20).toString('hex')}`;
    await world.pay(address, one);
    await world.mine(1);
    const { paymentId } = await stage.payment({}, address);
    const watching = stage.monitor();
    await world.pay(address, 2n * one);
    await stage.settleDown(watching);
    expect(stage.books.standing(paymentId)).to.equal(2n * one);
  });

  it('begins below the oldest watch when payments were opened before anybody watched', async () => {
    const { paymentId, vault } = await stage.payment();
    await world.pay(vault, one);
    await world.mine(3 * finalityBlocks);
    await stage.monitor().tick();
    expect(stage.books.standing(paymentId)).to.equal(one);
  });

  it('takes the provider’s own payout into a vault for the forward, and only when it is final', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    const { hotWalletAddress, hotWalletKey } = world.deployment;
    await world.pay(hotWalletAddress, 9n * one);
    await world.pay(vault, 9n * one, hotWalletKey);
    await world.mine(2);
    await watching.tick();
    expect(stage.books.changes(paymentId)).to.deep.equal([]);
    await stage.settleDown(watching);
    expect(stage.books.changes(paymentId)).to.deep.equal(['forwardConfirmed']);
  });

  it('knows the wallet that a payment froze when the network is pinned to another one by now', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment({}, null, {
      hotWallet: world.deployment.buyerAddress.toLowerCase(),
    });
    await world.pay(vault, one);
    await stage.settleDown(watching);
    expect(stage.books.changes(paymentId)).to.deep.equal(['forwardConfirmed']);
  });

  it('takes no worthless token for a payment or a forward, and is not held up by thousands of its logs', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    await watching.tick();
    await world.emit([transferTopic, world.deployment.hotWalletAddress, vault], toBeHex(123n, 32));
    await world.flood(vault, 9_000);
    await world.pay(vault, one);
    const began = performance.now();
    const report = await stage.settleDown(watching);
    expect(performance.now() - began).to.be.lessThan(2_000);
    expect(report.cursor).to.equal(report.finalized);
    expect(stage.books.changes(paymentId)).to.deep.equal(['transferConfirmed']);
    expect(stage.books.standing(paymentId)).to.equal(one);
  });

  it('finds a settlement nobody reported: seen at once, confirmed when final', async () => {
    const watching = stage.monitor();
    const { paymentId, terms, vault } = await stage.payment();
    await world.pay(vault, terms.amount);
    const { hash } = await world.settle(terms, { toSeller: 100n * one, toBuyer: 0n });
    await watching.tick();
    expect(stage.books.changes(paymentId)).to.include('settlementSeen').and.not.include('settlementConfirmed');
    await stage.settleDown(watching);
    await stage.settleDown(watching);
    const confirmed = stage.books.signals(paymentId).filter((signal) => signal.kind === 'settlementConfirmed');
    expect(confirmed).to.have.length(1);
    expect(confirmed[0]).to.have.nested.property('fact.txHash', hash);
    expect(stage.books.changes(paymentId).at(-1)).to.equal('settlementConfirmed');
  });

  it('tells bumps, sweeps and recoveries when they are final', async () => {
    const watching = stage.monitor();
    const bumped = await stage.payment();
    const swept = await stage.payment();
    const recovered = await stage.payment();
    const { escrow, signerKeys, buyerKey, sellerKey } = world.deployment;
    await world.pay(swept.vault, swept.terms.amount);
    await world.pay(recovered.vault, one);
    const call = (key: string | undefined, name: string, args: unknown[]) =>
      world.send(key ?? '', { to: escrow, data: world.encode(name, args) });
    await call(signerKeys[0], 'bumpSeq', [bumped.termsId]);
    await call(buyerKey, 'sweep', [swept.terms]);
    await call(sellerKey, 'recover', [recovered.terms, recovered.terms.token]);
    await watching.tick();
    expect(stage.books.changes(bumped.paymentId)).to.deep.equal([]);
    await stage.settleDown(watching);
    expect(stage.books.signals(bumped.paymentId)[0]).to.deep.include({ kind: 'seqBumped', settleSeq: 1 });
    expect(stage.books.signals(swept.paymentId).at(-1)).to.deep.include({ kind: 'swept', source: 1 });
    expect(stage.books.signals(recovered.paymentId).at(-1)).to.deep.include({ kind: 'recovered', closed: true });
    expect(stage.books.logs()).to.not.include(suspense);
  });

  it('may run in several processes at once', async () => {
    const paid = await Promise.all([stage.payment(), stage.payment()]);
    const several = [stage.monitor(), stage.monitor(), stage.monitor()];
    for (const { vault } of paid) await world.pay(vault, one);
    await Promise.all(several.map((watching) => watching.tick()));
    await world.finalize();
    await Promise.all(several.map((watching) => watching.tick()));
    for (const { paymentId } of paid) {
      expect(stage.books.changes(paymentId).filter((kind) => kind === 'transferConfirmed')).to.have.length(1);
    }
    expect(stage.cursors.stored()?.blockNumber).to.equal((await world.chain.reader.head('bsc')).finalized);
  });

  it('watches more payments than fit one page, and more blocks than fit one slice', async () => {
    const watching = stage.monitor(undefined, { blocksPerSlice: 20 });
    await watching.tick();
    const last = await stage.payment();
    const fromBlock = (await world.chain.reader.head('bsc')).number;
    for (let n = 0; n < 1_100; n += 1) {
      const address = `0x${randomBytes(20).toString('hex')}`;
      const addresses = [{ address, custody: 'contract' as const }];
      const termsId = `0x${randomBytes(32).toString('hex')}`;
      const watch = { chainId: 31337, addresses, termsId, hotWallet: null, fromBlock, untilMs: stage.now() + 1 };
      await stage.watches.upsert({ paymentId: freshId(), ...watch });
    }
    await world.pay(last.vault, one);
    await world.mine(50);
    await world.pay(last.vault, 2n * one);
    const report = await stage.settleDown(watching);
    expect(report.cursor).to.equal(report.finalized);
    expect(stage.books.standing(last.paymentId)).to.equal(3n * one);
    expect(stage.books.logs()).to.deep.equal([last.paymentId]);
  });

  it('raises one alarm when finality stands still', async () => {
    const head = await world.chain.reader.head('bsc');
    const watching = stage.monitor(undefined, { chain: { ...world.chain.reader, head: async () => head } });
    const alarms = () => stage.logger.lines.filter((line) => line.message.includes('stands still')).length;
    await watching.tick();
    expect(alarms()).to.equal(0);
    stage.advance(600_000);
    await watching.tick();
    stage.advance(600_000);
    await watching.tick();
    expect(alarms()).to.equal(1);
  });
});
