import { expect } from 'chai';
import { createAskAddress } from '../../server/commands/askAddress.ts';
import { createOpenIntent } from '../../server/commands/openIntent.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { AppError } from '../../server/errors.ts';
import type { TermsArchive } from '../../server/ports/outside.ts';
import type { Actor, PaymentCoordinator } from '../../server/ports.ts';
import { buildState, buildTransition } from '../support/factories.ts';
import {
  addressOf,
  admin,
  buyer,
  type CommandsWorld,
  intentFor,
  openCommandsWorld,
  refused,
  seller,
  wallets,
} from './commandsWorld.ts';

describe('openIntent', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  it('freezes terms, vault and address before it answers, with the price of the offer', async () => {
    const { request, offer } = await world.post();
    const { state, reused } = await world.useCases.openIntent(intentFor({ request, offer }));
    expect(reused).to.equal(false);
    expect((await world.ports.store.tail(state.id))?.state).to.deep.equal(state);
    expect(state.status).to.equal('pending');
    expect(state.price).to.equal(100n * 10n ** 18n);
    expect(state.terms.refundTo).to.equal(wallets.refund);
    expect(state.terms.seller).to.equal(wallets.payout);
    expect(state.terms.fundBy * 1000).to.equal(state.expiresAtMs);
    const identity = world.ports.gateway.identify('bsc', state.terms);
    expect(state.termsId).to.equal(identity.termsId);
    expect(state.vault).to.equal(identity.vault);
    expect(addressOf(state)).to.match(/^0x[0-9a-f]{40}$/);
    expect(state.provider?.amount).to.equal('100');
  });

  it('has the terms on disk before anybody can read the vault, and opens nothing while they cannot be kept', async () => {
    const kept = new Set<string>();
    const opened: boolean[] = [];
    const { ports } = world.process({});
    const observe: PaymentCoordinator['observe'] = (id, ...rest) => {
      opened.push(kept.has(id));
      return ports.coordinator.observe(id, ...rest);
    };
    let full = true;
    const termsArchive: TermsArchive = {
      async keep(entry) {
        if (full) throw new AppError('busy', 'no space left on device');
        await world.ports.termsArchive.keep(entry);
        kept.add(entry.paymentId);
      },
    };
    const askAddress = createAskAddress(ports);
    const open = createOpenIntent({ ...ports, coordinator: { observe }, termsArchive, askAddress });
    const words = intentFor(await world.post());
    await refused(open(words), 'busy');
    expect(opened).to.deep.equal([]);
    full = false;
    const { state, reused } = await open(words);
    expect(reused).to.equal(false);
    expect(addressOf(state)).to.match(/^0x/);
    expect(opened, 'opened once, when its terms were kept').to.deep.equal([true]);
  });

  it('puts the platform in for addresses nobody gave', async () => {
    const { deployment } = world.chain;
    const state = await world.open({ refundTo: null, payoutAddress: null });
    expect(state.terms.seller).to.equal(deployment.treasury.toLowerCase());
    expect(state.terms.refundTo).to.equal(deployment.refundWallet.toLowerCase());
    expect([state.sellerIsPlatform, state.refundIsPlatform]).to.deep.equal([true, true]);
  });

  it('answers the first payment to a second intent of the same trade', async () => {
    const trade = await world.post();
    const first = await world.useCases.openIntent(intentFor(trade));
    const second = await world.useCases.openIntent(intentFor(trade));
    expect(second.reused).to.equal(true);
    expect(second.state.id).to.equal(first.state.id);
  });

  it('makes one payment and one address out of 20 simultaneous calls in two processes', async () => {
    const trade = await world.post();
    const other = world.process();
    const before = await world.invoices();
    const calls = Array.from({ length: 20 }, (_, n) => (n % 2 ? world : other).useCases.openIntent(intentFor(trade)));
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ state }) => state.id)).size).to.equal(1);
    expect(new Set(answers.map(({ state }) => addressOf(state))).size).to.equal(1);
    expect(answers.filter(({ reused }) => !reused)).to.have.length(1);
    expect(await world.invoices()).to.equal(before + 1);
  });

  it('refuses words that differ from the offer', async () => {
    const words = intentFor(await world.post());
    const open = world.useCases.openIntent;
    const short = await refused(open({ ...words, amount: '99.50' }), 'offer_mismatch');
    expect(short.message).to.equal('amount differs from the offer, which says 100; 99.5 was sent.');
    expect(short.details).to.deep.equal({ field: 'amount', offered: '100', sent: '99.5' });
    const other = await refused(open({ ...words, sellerId: 'somebody' }), 'offer_mismatch');
    expect(other.details).to.deep.equal({ field: 'sellerId', offered: words.sellerId, sent: 'somebody' });
    await refused(open({ ...words, network: 'nowhere' }), 'network_not_supported');
    await refused(open({ ...words, token: 'DAI' }), 'network_not_supported');
    await refused(open({ ...words, amount: '100.0000000000000000001' }), 'validation_failed');
    const stranger: Actor = { userId: 'a-stranger', role: 'buyer' };
    await refused(open({ ...words, amount: '99', actor: stranger }), 'not_found');
    await refused(open({ ...words, actor: stranger }), 'not_found');
  });

  it('refuses an offer other than the selected one', async () => {
    const trade = await world.post();
    const rival = await world.useCases.placeOffer({
      actor: { userId: 'a-rival', role: 'seller' },
      requestId: trade.request.id,
      amount: '100',
    });
    await world.useCases.acceptOffer({ actor: buyer, requestId: trade.request.id, offerId: rival.id });
    await refused(world.useCases.openIntent(intentFor(trade)), 'offer_mismatch');
  });

  it('writes users into the log so that none can pass for an actor of our own', async () => {
    const verifier: Actor = { userId: 'verifier', role: 'buyer' };
    const request = await world.useCases.postRequest({ actor: verifier, title: 'A chair', description: '' });
    const offer = await world.useCases.placeOffer({ actor: seller, requestId: request.id, amount: '100' });
    const { state } = await world.useCases.openIntent({ ...intentFor({ request, offer }), actor: verifier });
    expect((await world.ports.store.at(state.id, 1))?.actor).to.equal('user:verifier');
  });

  it('ends after twenty attempts at one offer', async () => {
    const trade = await world.post();
    for (let n = 0; n < 20; n += 1) {
      const { state } = await world.useCases.openIntent(intentFor(trade));
      await world.useCases.cancelPayment({ actor: buyer, paymentId: state.id });
      await world.work();
    }
    await refused(world.useCases.openIntent(intentFor(trade)), 'too_many_attempts');
  });

  it('ends when the buyer has fifty payments that he did not pay and that are still watched', async () => {
    const hoarder: Actor = { userId: `hoarder-${world.ports.ids.payment()}`, role: 'buyer' };
    const ask = async () => {
      const request = await world.useCases.postRequest({ actor: hoarder, title: 'A chair', description: '' });
      const offer = await world.useCases.placeOffer({ actor: seller, requestId: request.id, amount: '100' });
      return { ...intentFor({ request, offer }), actor: hoarder };
    };
    const opened = await world.useCases.openIntent(await ask());
    const openedAtMs = world.ports.clock.now();
    const idle = (overrides: Partial<PaymentState>, count: number) =>
      Promise.all(
        Array.from({ length: count }, () =>
          world.ports.transitions.project(
            buildTransition({ state: buildState({ buyerId: hoarder.userId, openedAtMs, ...overrides }) }),
          ),
        ),
      );
    await idle({ status: 'cancelled' }, 30);
    await idle({ status: 'failed' }, 18);
    // Neither a payment that was paid nor one that nobody watches any more counts.
    await idle({ status: 'completed' }, 5);
    await idle({ openedAtMs: openedAtMs - 8 * 86_400_000 }, 5);
    const last = await ask();
    expect((await world.useCases.openIntent(last)).reused).to.equal(false);
    await refused(world.useCases.openIntent(await ask()), 'too_many_unpaid');
    expect((await world.useCases.openIntent(last)).reused).to.equal(true);
    expect(opened.reused).to.equal(false);
  });

  it('refuses to pay out or refund to an address or a vault of another payment', async () => {
    const other = await world.open();
    for (const address of [addressOf(other), other.vault]) {
      for (const field of ['payoutAddress', 'refundTo']) {
        const trade = await world.post({ [field]: address });
        const error = await refused(world.useCases.openIntent(intentFor(trade)), 'validation_failed');
        expect(error.details.field).to.equal(field);
      }
    }
  });

  it('refuses less than the provider sweeps', async () => {
    const trade = await world.post({ amount: '0.499999' });
    await refused(world.useCases.openIntent(intentFor(trade)), 'validation_failed');
  });

  it('keeps the payment when the provider refuses, and asks again when the same call is repeated', async () => {
    const trade = await world.post();
    let calls = 0;
    const refusing = world.process({
      provider: {
        requestPayment: async (order) => {
          calls += 1;
          if (calls > 1) return world.ports.provider.requestPayment(order);
          throw new AppError('provider_failed', 'no', { details: { providerCode: 'provider_refused' } });
        },
      },
    });
    await refused(refusing.useCases.openIntent(intentFor(trade)), 'provider_failed');
    const again = await refusing.useCases.openIntent(intentFor(trade));
    expect(again.reused).to.equal(true);
    expect(addressOf(again.state)).to.match(/^0x/);
    expect(calls).to.equal(2);
  });

  it('does not ask a second time after a call without an answer; the due row does when the first had its time', async () => {
    const trade = await world.post();
    let calls = 0;
    const silent = world.process({
      provider: {
        requestPayment: async () => {
          calls += 1;
          throw new AppError('provider_failed', 'timed out', { details: { providerCode: 'provider_unavailable' } });
        },
      },
    });
    await refused(silent.useCases.openIntent(intentFor(trade)), 'provider_failed');
    await refused(silent.useCases.openIntent(intentFor(trade)), 'provider_failed');
    expect(calls).to.equal(1);
    await world.work();
    world.advance(45_000);
    await world.work();
    const { state, reused } = await silent.useCases.openIntent(intentFor(trade));
    expect(reused).to.equal(true);
    expect(addressOf(state)).to.match(/^0x/);
  });

  it('refuses an address of the platform or of another payment', async () => {
    const taken = addressOf(await world.open());
    for (const address of [taken, world.chain.deployment.escrow, world.chain.deployment.hotWalletAddress]) {
      const answer = { address, providerAmount: '100', exchangeRate: '1', providerInvoiceId: '1' };
      const wrong = world.process({ provider: { requestPayment: async () => answer } });
      await refused(wrong.useCases.openIntent(intentFor(await world.post())), 'provider_failed');
    }
  });

  it('opens a new payment when the list still shows the ended one as running: the log decides, lists may lag', async () => {
    const trade = await world.post();
    const { state: first } = await world.useCases.openIntent(intentFor(trade));
    await world.useCases.cancelPayment({ actor: buyer, paymentId: first.id });
    const attempts = async () => [{ id: first.id, status: 'pending' as const }];
    const lagging = createOpenIntent({
      ...world.ports,
      ...world.useCases,
      queries: { ...world.ports.queries, attempts },
    });
    const { state: second, reused } = await lagging(intentFor(trade));
    expect([reused, second.status, second.id === first.id]).to.deep.equal([false, 'pending', false]);
  });

  it('opens nothing for another offer once the request is funded, before the request itself shows it', async () => {
    const trade = await world.post();
    const words = { requestId: trade.request.id, amount: '100' };
    const rival = await world.useCases.placeOffer({ actor: { userId: 'a-rival', role: 'seller' }, ...words });
    const { state } = await world.useCases.openIntent(intentFor(trade));
    await world.pay(state.vault, state.price);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    expect((await world.ports.marketplace.request(trade.request.id))?.status).to.equal('open');
    await refused(world.useCases.openIntent(intentFor({ ...trade, offer: rival })), 'request_already_funded');
  });

  it('answers a key by the payment that it opened, however that has ended and whatever was opened since', async () => {
    const trade = await world.post();
    const keyed = { ...intentFor(trade), idempotencyClaim: `idem:a-buyer:intents:${trade.offer.id}` };
    const open = world.useCases.openIntent;
    const { state: first } = await open(keyed);
    await world.useCases.cancelPayment({ actor: buyer, paymentId: first.id });
    const ended = await open(keyed);
    expect([ended.state.id, ended.state.status, ended.reused]).to.deep.equal([first.id, 'cancelled', true]);
    expect((await open(intentFor(trade))).state.id).to.not.equal(first.id);
    expect((await open(keyed)).state.id).to.equal(first.id);
    const { idempotencyClaim } = keyed;
    await refused(open({ ...intentFor(await world.post()), idempotencyClaim }), 'idempotency_key_reused');
  });

  it('opens a new payment after a cancelled one, and none after the request was paid', async () => {
    const trade = await world.post();
    const { state: first } = await world.useCases.openIntent(intentFor(trade));
    await world.useCases.cancelPayment({ actor: buyer, paymentId: first.id });
    const { state: second } = await world.useCases.openIntent(intentFor(trade));
    expect(second.id).not.to.equal(first.id);
    await world.pay(second.vault, second.price);
    await world.useCases.verifyPayment(second.id, { askProvider: false });
    const again = await world.useCases.openIntent(intentFor(trade));
    expect(again.state.id).to.equal(second.id);
    await world.work();
    const { sellerId, requestId } = trade.offer;
    const rival = { actor: { userId: sellerId, role: 'seller' as const }, requestId, amount: '7' };
    await refused(world.useCases.placeOffer(rival), 'request_closed');
    await refused(world.useCases.cancelPayment({ actor: admin, paymentId: second.id }), 'illegal_transition');
  });
});
