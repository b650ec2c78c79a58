import { expect } from 'chai';
import type { Terms } from '../../server/domain/terms.ts';
import { transferTopic } from '../../server/providers/chain/transferLogs.ts';
import { type ChainWorld, erc20, one, openChainWorld } from '../providers/chain/chainWorld.ts';
import { type MonitorStage, monitorStage, suspense } from './monitorStage.ts';

describe('chain monitor, money at the escrow itself', () => {
  let world: ChainWorld;
  let stage: MonitorStage;
  before(async () => {
    world = await openChainWorld();
  });
  after(() => world.close());
  beforeEach(() => {
    stage = monitorStage(world);
  });

  /** The call that settles a payment, for anybody to make. */
  function settlementOf(terms: Terms, split: { toSeller: bigint; toBuyer: bigint }) {
    const { identify, settlementPayload, settlementTransaction } = world.chain.gateway;
    const settlement = { ...split, settleSeq: 0, validUntil: Math.floor(stage.now() / 1_000) + 3_600 };
    const { digest } = settlementPayload('bsc', identify('bsc', terms).termsId, settlement);
    return settlementTransaction('bsc', terms, settlement, world.signatures(digest));
  }

  it('credits a pooled funding to its payment and books what only lies at the escrow in suspense', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const { paymentId, terms, termsId } = await stage.payment();
    const { escrow, buyerAddress, token } = world.deployment;
    const maker = await world.nextBatchAddress();
    const buyerTo = (to: string, amount: bigint) => ({
      to: token,
      data: erc20.encodeFunctionData('transferFrom', [buyerAddress, to, amount]),
    });
    // one transaction funds the payment and drops three more at the escrow
    const receipt = await world.batch([
      buyerTo(maker, terms.amount),
      { to: token, data: erc20.encodeFunctionData('approve', [escrow, terms.amount]) },
      { to: escrow, data: world.encode('fund', [terms]) },
      buyerTo(escrow, 3n * one),
    ]);
    expect(receipt.status).to.equal(1);
    await world.mine(1);
    await watching.tick();
    expect(stage.books.standing(paymentId)).to.equal(terms.amount);
    expect(stage.books.arrivals(paymentId)[0]).to.deep.include({
      termsId,
      receiver: escrow.toLowerCase(),
      asset: 'bsc:USDT',
    });
    expect(stage.books.changes(suspense)).to.deep.equal([]);
    await world.pay(escrow, 7n * one);
    await world.emit([transferTopic, buyerAddress, escrow], `0x${'0'.repeat(62)}05`);
    await stage.settleDown(watching);
    await stage.settleDown(watching);
    const strays = stage.books.signals(suspense).filter((signal) => signal.kind === 'strayReceived');
    expect(strays.map((signal) => signal.transfer.amount)).to.deep.equal([3n * one, 7n * one]);
    expect(strays[0]?.asset).to.deep.equal({
      ...{ network: 'bsc', chainId: 31337, token: 'USDT', tokenAddress: token.toLowerCase(), decimals: 18 },
    });
    expect(strays[0]?.marketplaceId).to.equal('main');
  });

  it('books money at the escrow as a stray beside a vault that opens, whose own funding never passes the escrow', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const { terms, termsId, vault } = await stage.payment();
    await world.pay(vault, terms.amount);
    const { escrow, buyerAddress, token } = world.deployment;
    const stray = erc20.encodeFunctionData('transferFrom', [buyerAddress, escrow, 3n * one]);
    // a part of the whole, so that the settlement opens the vault with a Funded event
    const both = await world.batch([settlementOf(terms, { toSeller: one, toBuyer: 0n }), { to: token, data: stray }]);
    const opened = await world.chain.reader.escrowEvents('bsc', both.blockNumber, both.blockNumber);
    expect(opened[0]).to.deep.include({ event: 'Funded', termsId, source: 2, amount: terms.amount });
    await stage.settleDown(watching);
    const strays = stage.books.signals(suspense).filter((signal) => signal.kind === 'strayReceived');
    expect(strays.map((signal) => signal.transfer.amount)).to.deep.equal([3n * one]);
  });

  it('books only what exceeds a sweep as a stray, since a sweep takes its money from the vault to the escrow', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const maker = await world.nextBatchAddress();
    const { terms, vault, paymentId } = await stage.payment({ buyer: maker });
    await world.pay(vault, terms.amount);
    const { escrow, buyerAddress, token } = world.deployment;
    await world.batch([
      { to: escrow, data: world.encode('sweep', [terms]) },
      { to: token, data: erc20.encodeFunctionData('transferFrom', [buyerAddress, escrow, 3n * one]) },
    ]);
    await stage.settleDown(watching);
    expect(stage.books.signals(paymentId).at(-1)).to.deep.include({ kind: 'swept', source: 1 });
    const strays = stage.books.signals(suspense).filter((signal) => signal.kind === 'strayReceived');
    expect(strays.map((signal) => signal.transfer.amount)).to.deep.equal([3n * one]);
  });
});
