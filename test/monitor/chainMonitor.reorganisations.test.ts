import { expect } from 'chai';
import { arrivalKey } from '../../server/domain/claim.ts';
import { type ChainWorld, finalityBlocks, one, openChainWorld } from '../providers/chain/chainWorld.ts';
import { type MonitorStage, monitorStage } from './monitorStage.ts';

describe('chain monitor, when the chain changes its past', () => {
  let world: ChainWorld;
  let stage: MonitorStage;
  before(async () => {
    world = await openChainWorld();
  });
  after(() => world.close());
  beforeEach(() => {
    stage = monitorStage(world);
  });

  it('reverses a credit that leaves the chain and credits it again when it is mined again', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    await watching.tick();
    const raw = await world.signPayment(vault, 4n * one);
    const first = await world.broadcast(raw);
    await world.mine(1);
    await watching.tick();
    expect(stage.books.standing(paymentId)).to.equal(4n * one);
    await world.reorganise(2);
    await world.mine(2);
    const report = await watching.tick();
    expect(report.orphaned).to.equal(1);
    expect(stage.books.standing(paymentId)).to.equal(0n);
    const second = await world.broadcast(raw);
    expect(second.hash).to.equal(first.hash);
    expect(second.blockNumber).to.be.greaterThan(first.blockNumber);
    await stage.settleDown(watching);
    await stage.settleDown(watching);
    expect(stage.books.standing(paymentId)).to.equal(4n * one);
    expect(stage.books.arrivals(paymentId).map(({ epoch, reversed }) => [epoch, reversed])).to.deep.equal([
      [0, true],
      [1, false],
    ]);
    const kinds = stage.books.changes(paymentId).filter((kind) => kind !== 'transferSeen');
    expect(kinds).to.deep.equal(['transferConfirmed', 'transferOrphaned', 'transferConfirmed']);
  });

  it('stays below the credits of a payment that only a newer version can look at, so that their loss is seen when one does', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    await watching.tick();
    const { blockNumber } = await world.broadcast(await world.signPayment(vault, one));
    await world.mine(1);
    await watching.tick();
    stage.books.newer.add(paymentId);
    await world.reorganise(2);
    const { cursor, finalized } = await stage.settleDown(watching);
    expect(finalized).to.be.greaterThan(blockNumber);
    expect(cursor).to.be.lessThan(blockNumber);
    expect(stage.books.standing(paymentId)).to.equal(one);
    stage.books.newer.delete(paymentId);
    expect((await watching.tick()).orphaned).to.equal(1);
    expect(stage.books.standing(paymentId)).to.equal(0n);
  });

  it('does not pass blocks whose chain was replaced during the look, however deep: the next look takes the credit back', async () => {
    const { reader } = world.chain;
    let replace: 'not yet' | 'now' | 'done' = 'not yet';
    const chain: typeof reader = {
      ...reader,
      blockHash: async (network, blockNumber) => {
        if (replace === 'now') {
          replace = 'done';
          await world.reorganise(finalityBlocks + 3);
        }
        return reader.blockHash(network, blockNumber);
      },
    };
    const { paymentId, vault } = await stage.payment();
    await world.broadcast(await world.signPayment(vault, one));
    await world.mine(finalityBlocks + 2);
    const watching = stage.monitor(
      (label) => {
        if (label === 'monitor:beforeCursor' && replace === 'not yet') replace = 'now';
      },
      { chain },
    );
    await watching.tick();
    expect(replace).to.equal('done');
    expect(stage.books.standing(paymentId)).to.equal(one);
    await watching.tick();
    expect(stage.books.standing(paymentId)).to.equal(0n);
  });

  it('tells a sight once, and again when its block was replaced and it was mined in another', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const { paymentId, vault } = await stage.payment();
    const raw = await world.signPayment(vault, one);
    const first = await world.broadcast(raw);
    expect(await watching.tick()).to.include({ told: 1 });
    expect(await watching.tick()).to.include({ told: 0, reorganised: false });
    await world.reorganise(1);
    const second = await world.broadcast(raw);
    expect(await watching.tick()).to.include({ told: 1, reorganised: false });
    expect(await watching.tick()).to.include({ told: 0 });
    const places = stage.books
      .signals(paymentId)
      .map((signal) => signal.kind === 'transferSeen' && signal.transfer.blockHash);
    expect(places).to.deep.equal([first.blockHash, second.blockHash]);
  });

  it('lets a credit stand that was mined again elsewhere, and waits below it until that is final', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    const raw = await world.signPayment(vault, one);
    const first = await world.broadcast(raw);
    await world.mine(1);
    await watching.tick();
    await world.reorganise(2);
    await world.mine(finalityBlocks - 1);
    const second = await world.broadcast(raw);
    expect(second.blockNumber).to.be.greaterThan(first.blockNumber);
    await world.mine(2);
    const report = await watching.tick();
    expect(report.finalized).to.be.at.least(first.blockNumber);
    expect(report.cursor).to.be.lessThan(first.blockNumber);
    await stage.settleDown(watching);
    expect(stage.cursors.stored()?.blockNumber).to.be.at.least(second.blockNumber);
    expect(stage.books.changes(paymentId).filter((kind) => kind !== 'transferSeen')).to.deep.equal([
      'transferConfirmed',
    ]);
  });

  it('goes back to the common ancestor when the chain below the cursor is lost', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    await watching.tick();
    const early = await world.pay(vault, one);
    await stage.settleDown(watching);
    const snapshot = await world.rpc<string>('evm_snapshot');
    const lost = await world.pay(vault, 2n * one);
    await stage.settleDown(watching);
    await stage.settleDown(watching);
    expect(stage.books.standing(paymentId)).to.equal(3n * one);
    const before = stage.cursors.stored()?.blockNumber ?? 0;
    await world.rpc('evm_revert', [snapshot]);
    await world.rpc('evm_increaseTime', [100]);
    await world.mine(1);

    const lower = await watching.tick();
    expect(lower.head).to.be.lessThan(before);
    expect(lower.reorganised).to.equal(true);
    expect(stage.cursors.stored()?.blockNumber)
      .to.be.lessThan(lost.blockNumber)
      .and.at.least(early.blockNumber - 1);
    await world.mine(finalityBlocks);
    await stage.settleDown(watching);
    expect(stage.books.standing(paymentId)).to.equal(one);
    expect(stage.books.changes(paymentId).at(-1)).to.equal('transferOrphaned');
    const again = await stage.settleDown(watching);
    expect(again.reorganised).to.equal(false);
    expect(stage.cursors.stored()?.blockNumber).to.equal(again.finalized);
  });

  it('notices a changed chain by its hashes, also when it has outgrown the cursor again', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    await stage.settleDown(watching);
    const snapshot = await world.rpc<string>('evm_snapshot');
    await world.pay(vault, 2n * one);
    await stage.settleDown(watching);
    expect(stage.books.standing(paymentId)).to.equal(2n * one);
    await world.rpc('evm_revert', [snapshot]);
    await world.rpc('evm_increaseTime', [100]);
    await world.mine(4 * finalityBlocks);
    const report = await watching.tick();
    expect(report).to.deep.include({ reorganised: true, orphaned: 1, cursor: report.finalized });
    expect(stage.books.standing(paymentId)).to.equal(0n);
  });

  it('tells a payment once more when its transfer is final, whatever happened to the credit meanwhile', async () => {
    const watching = stage.monitor();
    const { paymentId, vault } = await stage.payment();
    await world.pay(vault, one);
    await world.mine(1);
    await watching.tick();
    const [arrival] = stage.books.arrivals(paymentId);
    if (arrival === undefined) throw new Error('no arrival');
    // another process saw a short-lived fork
    const reversal = { kind: 'transferOrphaned', arrivalKey: arrivalKey(arrival), epoch: 0 } as const;
    await stage.books.coordinator.observe(paymentId, reversal, { actor: 'another' });
    expect(stage.books.standing(paymentId)).to.equal(0n);
    await stage.settleDown(watching);
    expect(stage.books.standing(paymentId)).to.equal(one);
  });

  it('unsees a settlement whose block left the chain', async () => {
    const watching = stage.monitor();
    const { paymentId, terms, vault } = await stage.payment();
    await world.pay(vault, terms.amount);
    await world.finalize();
    const { hash } = await world.settle(terms, { toSeller: 0n, toBuyer: 100n * one });
    await watching.tick();
    await world.reorganise(1);
    await world.mine(1);
    await watching.tick();
    const last = stage.books.signals(paymentId).at(-1);
    expect(last).to.deep.equal({ kind: 'settlementOrphaned', txHash: hash });
  });
});
