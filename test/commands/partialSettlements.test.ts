import { expect } from 'chai';
import { Wallet } from 'ethers';
import type { PrepareSettlementInput } from '../../server/commands/prepareSettlement.ts';
import { admin, type CommandsWorld, openCommandsWorld, refused, tokens, wallets } from './commandsWorld.ts';

type Wish = Omit<PrepareSettlementInput, 'actor' | 'paymentId'>;

describe('partial settlements', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  /** One settlement from the wish to the booked event. */
  async function settle(paymentId: string, wish: Wish) {
    const ask = async (more: Partial<Wish> = {}) => {
      const prepared = await world.useCases.prepareSettlement({ actor: admin, paymentId, ...wish, ...more });
      if (prepared.kind !== 'settlement') throw new Error('a payout was opened');
      return prepared;
    };
    const { digest, remains } = await ask();
    const keys = world.chain.deployment.signerKeys.slice(0, 2);
    const signatures = keys.map((key) => new Wallet(key).signingKey.sign(digest).serialized);
    const { transaction } = await ask({ signatures });
    if (!transaction) throw new Error('no transaction');
    const { hash, status } = await world.chain.send(world.chain.deployment.sellerKey, transaction);
    expect(status).to.equal(1);
    await world.chain.finalize();
    const { state } = await world.useCases.confirmSettlement({
      actor: admin,
      paymentId,
      kind: wish.kind,
      txHash: hash,
    });
    return { remains, booked: [state.released, state.refunded, state.fees, state.status] };
  }
  const balance = (holder: string) =>
    world.ports.chain.tokenBalance('bsc', world.chain.deployment.token.toLowerCase(), holder);

  it('release a part, refund a part and split what is left; the seller pays the fee of his parts alone', async () => {
    const { id } = await world.funded();
    const [sellerBefore, buyerBefore] = await Promise.all([balance(wallets.payout), balance(wallets.refund)]);
    const release = { kind: 'release', amount: '40' } as const;
    expect(await settle(id, release)).to.deep.equal({
      remains: tokens(60),
      booked: [tokens(40), 0n, tokens(40) / 100n, 'completed'],
    });
    const refund = { kind: 'refund', amount: '10' } as const;
    expect(await settle(id, refund)).to.deep.equal({
      remains: tokens(50),
      booked: [tokens(40), tokens(10), tokens(40) / 100n, 'completed'],
    });
    const beyond = { actor: admin, paymentId: id, kind: 'release', toSeller: '30', toBuyer: '21' } as const;
    await refused(world.useCases.prepareSettlement(beyond), 'amount_exceeds_balance');
    const split = { kind: 'release', toSeller: '30', toBuyer: '20' } as const;
    expect(await settle(id, split)).to.deep.equal({
      remains: 0n,
      booked: [tokens(70), tokens(30), tokens(70) / 100n, 'released'],
    });
    expect((await balance(wallets.payout)) - sellerBefore).to.equal((tokens(70) * 99n) / 100n);
    expect((await balance(wallets.refund)) - buyerBefore).to.equal(tokens(30));
  });

  it('end as refunded when every part went back, the last without an amount', async () => {
    const { id } = await world.funded();
    await settle(id, { kind: 'refund', toBuyer: '25' });
    expect((await settle(id, { kind: 'refund' })).booked).to.deep.equal([0n, tokens(100), 0n, 'refunded']);
  });

  it('take the refund of a split for what gives something back, and no split for a direction that gets nothing', async () => {
    const { id: paymentId } = await world.funded();
    const nothing = { actor: admin, paymentId, kind: 'refund', toSeller: '60' } as const;
    await refused(world.useCases.prepareSettlement(nothing), 'validation_failed');
    expect((await settle(paymentId, { kind: 'refund', toSeller: '60', toBuyer: '40' })).booked).to.deep.equal([
      ...[tokens(60), tokens(40), tokens(60) / 100n, 'released'],
    ]);
  });
});
