import { expect } from 'chai';
import { id, type TypedDataDomain, type TypedDataField, Wallet } from 'ethers';
import type { BatchItem, EscrowGateway } from '../../../server/ports/outside.ts';
import { type ChainWorld, one, openChainWorld } from './chainWorld.ts';

const later = () => Math.floor(Date.now() / 1_000) + 3_600;

describe('chain: batches of settlements', () => {
  let world: ChainWorld;
  let gateway: EscrowGateway;
  before(async () => {
    world = await openChainWorld();
    gateway = world.chain.gateway;
  });
  after(() => world.close());

  /** A full vault and what is to become of it. */
  async function item(toSeller = 100n * one, toBuyer = 0n): Promise<BatchItem> {
    const terms = world.terms();
    const { termsId, vault } = gateway.identify('bsc', terms);
    await world.pay(vault, terms.amount);
    return { termsId, terms, settlement: { settleSeq: 0, toSeller, toBuyer, validUntil: later() } };
  }
  const records = (items: readonly BatchItem[]) =>
    Promise.all(
      items.map(async ({ termsId }) => {
        const { status, settleSeq, remaining } = await gateway.record('bsc', termsId);
        return [status, settleSeq, remaining];
      }),
    );
  const signed = (items: readonly BatchItem[], seats?: readonly number[]) =>
    gateway.batchTransactions('bsc', items, world.signatures(gateway.batchPayload('bsc', items).digest, seats));

  it('gives typed data that survives JSON and that a wallet signs to the same digest', async () => {
    const items = [await item(), await item(2n * one, one)];
    const payload = gateway.batchPayload('bsc', items);
    const { domain, types, message, primaryType } = JSON.parse(JSON.stringify(payload.typedData)) as {
      domain: TypedDataDomain;
      types: Record<string, TypedDataField[]>;
      message: { items: unknown[] };
      primaryType: string;
    };
    expect(primaryType).to.equal('SettleBatch');
    expect(message.items[1]).to.deep.equal({
      ...{ id: items[1]?.termsId, seq: '0', toSeller: String(2n * one), toBuyer: String(one) },
      validUntil: String(items[1]?.settlement.validUntil),
    });
    const signature = await new Wallet(world.deployment.signerKeys[1] ?? '').signTypedData(domain, types, message);
    expect(gateway.recoverSigner('bsc', payload.digest, signature)?.index).to.equal(1);
  });

  it('settles all of them by one signature set: releases, a part, a split', async () => {
    const items = [await item(), await item(40n * one), await item(60n * one, 40n * one)];
    const { settleBatch } = signed(items, [2, 0]);
    expect((await world.send(world.deployment.buyerKey, settleBatch)).status).to.equal(1);
    expect(await records(items)).to.deep.equal([
      ['closed', 1, 0n],
      ['funded', 1, 60n * one],
      ['closed', 1, 0n],
    ]);
  });

  it('settles all or none by settleBatch, and reports by settleBatchReport what it left', async () => {
    const items = [await item(), await item(), await item()];
    const stale = items[1];
    if (!stale) throw new Error('no item');
    const { settleBatch, settleBatchReport } = signed(items);
    const { escrow, signerKeys, sellerKey } = world.deployment;
    await world.send(signerKeys[0] ?? '', { to: escrow, data: world.encode('bumpSeq', [stale.termsId]) });
    const whole = await world.send(sellerKey, settleBatch);
    expect(whole.status).to.equal(0);
    expect(await gateway.failedItems('bsc', whole.hash)).to.deep.equal([]);
    const report = await world.send(sellerKey, settleBatchReport);
    expect(report.status).to.equal(1);
    expect(await gateway.failedItems('bsc', report.hash)).to.deep.equal([
      { termsId: stale.termsId, reason: 'WrongSeq' },
    ]);
    expect(await records(items)).to.deep.equal([
      ['closed', 1, 0n],
      ['none', 1, 0n],
      ['closed', 1, 0n],
    ]);
    expect(await gateway.readOutcome('bsc', report.hash, stale.termsId)).to.deep.equal({ outcome: 'otherPayment' });
    const topic = id('ItemFailed(bytes32,uint256,bytes4)');
    const lookAlike = await world.emit([topic, stale.termsId], `0x${'00'.repeat(64)}`);
    expect(await gateway.failedItems('bsc', lookAlike.hash)).to.deep.equal([]);
    expect(await gateway.failedItems('bsc', `0x${'cd'.repeat(32)}`)).to.deep.equal([]);
  });

  it('needs as many signatures as the contract, and does not take one set for other items', async () => {
    const items = [await item(), await item()];
    const { digest } = gateway.batchPayload('bsc', items);
    expect(() => gateway.batchTransactions('bsc', items, world.signatures(digest, [0]))).to.throw(RangeError);
    expect(() => gateway.batchTransactions('bsc', items, [])).to.throw(RangeError);
    const turned = gateway.batchTransactions('bsc', items.toReversed(), world.signatures(digest));
    expect((await world.send(world.deployment.buyerKey, turned.settleBatch)).status).to.equal(0);
  });
});
