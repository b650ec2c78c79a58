import { expect } from 'chai';
import { createPaySeller } from '../../server/commands/paySeller.ts';
import { account, assetName, balanceOf } from '../../server/domain/ledger.ts';
import type { Versioned } from '../../server/ports.ts';
import { rows } from '../support/pages.ts';
import { addressOf, admin, type CommandsWorld, openCommandsWorld, refused, tokens, wallets } from './commandsWorld.ts';
import { minute, payoutDesk } from './payoutDesk.ts';

describe('paySeller', () => {
  let world: CommandsWorld;
  // Every test has a wallet of its own: an unresolved payout of one would hold up the next.
  beforeEach(async () => {
    world = await openCommandsWorld();
  });
  afterEach(() => world.close());
  const { hotWallet, fill, balance } = payoutDesk(() => world);

  /** A released payment of 100 whose seller's 99 lie in the treasury, and the words by which an admin pays him. */
  const owedToSeller = () => settled({ payoutAddress: null }, 'release');

  async function settled(options: Parameters<CommandsWorld['funded']>[0], kind: 'release' | 'refund') {
    const state = await world.funded(options);
    const toSeller = kind === 'release' ? tokens(100) : 0n;
    await world.chain.settle(state.terms, { toSeller, toBuyer: tokens(100) - toSeller });
    await world.chain.finalize();
    const ask = { actor: admin, paymentId: state.id, kind } as const;
    const { number } = await world.ports.chain.head('bsc');
    const [event] = await world.ports.chain.escrowEvents('bsc', state.headBlock, number);
    if (event?.event !== 'Settled') throw new Error('no settlement');
    await world.useCases.confirmSettlement({ ...ask, txHash: event.fact.txHash });
    const words = {
      ...{ actor: admin, purchaseRequestId: state.requestId, sellerOfferId: state.offerId },
      ...{ buyerId: state.buyerId, sellerId: state.sellerId, recipientAddress: wallets.payout },
    };
    return { state, words };
  }

  it('waits while the wallet holds only what the provider keeps for other buyers', async () => {
    const { words } = await owedToSeller();
    const short = await world.open();
    await world.pay(addressOf(short), tokens(50));
    await world.useCases.verifyPayment(short.id, { askProvider: false });
    await fill(148);
    const { payoutId } = await world.useCases.paySeller({ ...words, amount: '99' });
    await world.work();
    const machine = async () => {
      const record = (await world.ports.store.tail(payoutId))?.state;
      return record?.direction === 'out' ? record.machine : null;
    };
    expect(await machine()).to.include({ stage: 'waiting', reason: 'wallet_short_of_token' });
    await fill(1);
    world.advance(minute);
    await world.work();
    expect(await machine()).to.include({ stage: 'submitted' });
  });

  it('pays a buyer without a refund address what is owed to him, to the address that an admin names', async () => {
    const { state, words } = await settled({ refundTo: null }, 'refund');
    const toBuyer = { ...words, owedTo: 'buyer', recipientAddress: wallets.refund } as const;
    await refused(world.useCases.paySeller({ ...words, amount: '100' }), 'amount_exceeds_balance');
    await refused(world.useCases.paySeller({ ...toBuyer, amount: '101' }), 'amount_exceeds_balance');
    await fill(100);
    const paid = await world.useCases.paySeller({ ...toBuyer, amount: '100' });
    await refused(world.useCases.paySeller({ ...toBuyer, amount: '1' }), 'amount_exceeds_balance');
    for (let step = 0; step < 8; step += 1) {
      await world.work();
      await world.control('tick', {});
      await world.chain.finalize();
      world.advance(minute);
    }
    expect((await world.ports.store.tail(paid.payoutId))?.state.status).to.equal('completed');
    const { balances, buyerId } = await world.state(state.id);
    expect(balances).to.deep.equal([]);
    expect(await balance(wallets.refund)).to.equal(tokens(100));
    const { balances: ofBuyer } = await world.store.ledger.partyBalances(buyerId, 10);
    expect(ofBuyer.map(({ account: name, amount }) => `${name} ${amount}`)).to.deep.equal([
      `buyer:${buyerId} ${-tokens(100)}`,
      `returned:buyer:${buyerId} ${tokens(100)}`,
    ]);
  });

  it('pays such a buyer what the provider holds of a payment that failed, and nothing of one that is open', async () => {
    const state = await world.open({ refundTo: null });
    await world.pay(addressOf(state), tokens(95));
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    const toBuyer = {
      ...({ actor: admin, owedTo: 'buyer' } as const),
      ...{ purchaseRequestId: state.requestId, sellerOfferId: state.offerId },
      ...{ buyerId: state.buyerId, sellerId: state.sellerId, recipientAddress: wallets.refund, amount: '95' },
    };
    await refused(world.useCases.paySeller(toBuyer), 'amount_exceeds_balance');
    world.advance(20 * minute);
    await world.useCases.expirePayments(10);
    expect((await world.useCases.paySeller(toBuyer)).status).to.equal('pending');
    const [payout] = (await world.state(state.id)).payouts;
    expect([payout?.amount, payout?.destination]).to.deep.equal([tokens(95), wallets.refund]);
  });

  it('pays such a buyer the price that a dead forward left at the provider, and nothing while one may move it', async () => {
    const state = await world.open({ refundTo: null });
    await world.pay(addressOf(state), tokens(105));
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    const toBuyer = {
      ...({ actor: admin, owedTo: 'buyer' } as const),
      ...{ purchaseRequestId: state.requestId, sellerOfferId: state.offerId },
      ...{ buyerId: state.buyerId, sellerId: state.sellerId, recipientAddress: wallets.refund },
    };
    await world.useCases.forwardToVault(state.id);
    await refused(world.useCases.paySeller({ ...toBuyer, amount: '100' }), 'amount_exceeds_balance');
    await world.ports.coordinator.observe(state.id, { kind: 'forwardFailed', proof: 'refused' }, { actor: 'test' });
    // The price, although what was paid beyond it lies there, too.
    expect((await world.useCases.paySeller({ ...toBuyer, amount: '100' })).status).to.equal('pending');
    await refused(world.useCases.paySeller({ ...toBuyer, amount: '6' }), 'amount_exceeds_balance');
    expect((await world.useCases.paySeller({ ...toBuyer, amount: '5' })).status).to.equal('pending');
    const { payouts, balances } = await world.state(state.id);
    expect(payouts.map(({ account: from, amount }) => [from, amount])).to.deep.equal([
      [account.held('provider', state.id), tokens(100)],
      [account.excess('provider', state.id), tokens(5)],
    ]);
    expect(balances.map(({ account: name, amount }) => [name, amount])).to.deep.include([
      account.pending('provider', state.id),
      tokens(105),
    ]);
  });

  it('pays a seller what the treasury owes him, once', async () => {
    const { state, words } = await owedToSeller();
    await fill();
    const owed = async () => {
      const { balances, sellerId, id, asset } = await world.state(state.id);
      return balanceOf(balances, account.owedSeller(sellerId, id), assetName(asset));
    };
    expect(await owed()).to.equal(tokens(99));
    await world.work();
    await refused(world.useCases.paySeller({ ...words, amount: '100' }), 'amount_exceeds_balance');
    // What is owed for one offer pays no other of the same request.
    const other = { ...words, sellerOfferId: 'another-offer', amount: '99' };
    await refused(world.useCases.paySeller(other), 'amount_exceeds_balance');
    await refused(
      world.useCases.paySeller({ ...words, amount: '99', recipientAddress: state.vault }),
      'validation_failed',
    );
    await refused(
      world.useCases.paySeller({ ...words, amount: '99', recipientAddress: hotWallet() }),
      'validation_failed',
    );
    const idempotencyClaim = `idem:an-admin:payout:${state.id}`;
    const paid = await world.useCases.paySeller({ ...words, amount: '99', idempotencyClaim });
    const again = await world.useCases.paySeller({ ...words, amount: '99', idempotencyClaim });
    expect([again.payoutId, again.taskId]).to.deep.equal([paid.payoutId, paid.taskId]);
    // A key with other words is refused for that, although nothing is owed any more and nothing ever was for another offer.
    for (const reused of [{ amount: '98' }, { recipientAddress: wallets.refund }, { sellerOfferId: 'another-offer' }]) {
      const asked = { ...words, amount: '99', ...reused, idempotencyClaim };
      await refused(world.useCases.paySeller(asked), 'idempotency_key_reused');
    }
    await refused(world.useCases.paySeller({ ...words, amount: '1' }), 'amount_exceeds_balance');
    // A younger attempt that gave something back is not what the key paid.
    const { payments } = world.ports.queries;
    const { state: found, ...rest } = (await payments({ requestId: state.requestId }, rows(1))).items[0] ?? {};
    const younger = { ...rest, state: { ...found, id: 'f'.repeat(24), balances: [] } } as Versioned;
    const beside = createPaySeller({
      ...world.ports,
      ...world.useCases,
      queries: {
        payments: async (...query) => {
          const page = await payments(...query);
          return { ...page, items: [younger, ...page.items] };
        },
      },
    });
    expect((await beside({ ...words, amount: '99', idempotencyClaim })).payoutId).to.equal(paid.payoutId);
    // Nor is a list without its row, which a rebuild is about to write, a reason to call the key another's.
    const unlisted = createPaySeller({
      ...{ ...world.ports, ...world.useCases },
      queries: { payments: async (...query) => ({ ...(await payments(...query)), items: [] }) },
    });
    expect((await unlisted({ ...words, amount: '99', idempotencyClaim })).payoutId).to.equal(paid.payoutId);
    for (let step = 0; step < 8; step += 1) {
      await world.work();
      await world.control('tick', {});
      await world.chain.finalize();
      world.advance(minute);
    }
    const record = (await world.ports.store.tail(paid.payoutId))?.state;
    expect(record?.status).to.equal('completed');
    expect(await owed()).to.equal(0n);
    expect(await balance(wallets.payout)).to.equal(tokens(99));
  });
});
