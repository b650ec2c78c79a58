import { expect } from 'chai';
import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import type { DomainEvent } from '../../server/domain/event.ts';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { Effect, EffectBody, Transition } from '../../server/domain/transition.ts';
import { createRelay, type Relay } from '../../server/events/relay.ts';
import { createSubscribers, type Subscribers } from '../../server/events/subscribers.ts';
import type { PaymentCoordinator } from '../../server/ports.ts';
import { addresses, expiresAtMs, payout } from '../domain/factories.ts';
import { createTestClock } from '../support/clock.ts';
import {
  buildIntentSignal,
  buildOffer,
  buildRequest,
  buildTransfer,
  buildTransition,
  createTestLogger,
  randomIds,
} from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('the subscribers, behind the relay', () => {
  let opened: TestStore;
  let coordinator: PaymentCoordinator;
  let subscribers: Subscribers;
  let relay: Relay;
  const clock = createTestClock();
  const published: { eventId: string; event: DomainEvent }[] = [];
  const channel = { coin: 'BNB-USDT', wallet: addresses.hotWallet, callbackUrl: 'https://example.org/payout' };

  before(async () => {
    opened = await openTestStore();
    const { store } = opened;
    const { logger } = createTestLogger();
    const common = { clock, logger, crash: () => {}, recordAlarm: store.audit.record };
    const { transitions, digest } = store;
    coordinator = createPaymentCoordinator({
      ...{ ...common, transitions, digest, decide, ids: randomIds, wakeRelay: () => {} },
    });
    const broadcast = {
      async publish(eventId: string, _transition: Transition, event: DomainEvent) {
        published.push({ eventId, event });
      },
    };
    const { marketplace, dueWork, watches } = store;
    subscribers = createSubscribers({
      ...{ ...common, marketplace, dueWork, coordinator, broadcast, payoutChannel: () => channel },
    });
    relay = createRelay({ ...common, subscribers, watches, relayStore: store.relay, project: transitions.project });
  });
  after(() => opened.close());

  const tell = async (paymentId: string, ...signals: Signal[]) => {
    for (const signal of signals) await coordinator.observe(paymentId, signal, { actor: 'test' });
    await relay.drain();
  };
  const dueRows = async (paymentId: string) =>
    (await opened.database.collection('due_work').find({ paymentId }).toArray()).map(({ kind, atMs }) => ({
      kind,
      atMs,
    }));
  const tail = (paymentId: string) => opened.store.transitions.tail(paymentId);

  /** A request with two offers and an intent for the first. */
  async function openTrade(rail: 'web3' | 'shkeeper' = 'web3') {
    const request = buildRequest();
    const offers = [
      buildOffer({ requestId: request.id, sellerId: 's1' }),
      buildOffer({ requestId: request.id, sellerId: 's2' }),
    ];
    await opened.store.marketplace.insertRequest(request);
    for (const offer of offers) await opened.store.marketplace.insertOffer(offer);
    const side = rail === 'web3' ? { rail, provider: null } : {};
    const intent = buildIntentSignal({ requestId: request.id, offerId: offers[0]?.id ?? '', ...side });
    const paymentId = randomIds.payment();
    await tell(paymentId, intent);
    return { paymentId, requestId: request.id, intent: intent.intent, offers };
  }
  const requestStatus = async (id: string) => (await opened.store.marketplace.request(id))?.status;

  it('carries a trade from intent to completion into request, offers and events, each once', async () => {
    published.length = 0;
    const { paymentId, requestId, intent, offers } = await openTrade();
    expect(await requestStatus(requestId)).to.equal('payment');
    await tell(paymentId, { kind: 'transferConfirmed', transfer: buildTransfer(intent, 100n) });
    expect(await requestStatus(requestId)).to.equal('processing');
    const statuses = await Promise.all(
      offers.map(async ({ id }) => (await opened.store.marketplace.offer(id))?.status),
    );
    expect(statuses).to.deep.equal(['accepted', 'rejected']);
    const names = published.map(({ event }) => ('type' in event ? event.type : event.name));
    expect(names).to.deep.equal(['payment.created', 'offer.updated', 'offer.updated', 'payment_completed']);
    const updates = published.filter(({ event }) => event.name === 'offer.updated');
    expect(updates.map(({ eventId }) => eventId).sort()).to.deep.equal(
      offers.map(({ id }) => `${paymentId}-2-0-${id}`).sort(),
    );
  });

  it('leaves the request where the winner brought it when a second payment loses', async () => {
    const { requestId, paymentId, intent } = await openTrade();
    const loser = buildIntentSignal({ requestId, rail: 'web3', provider: null });
    const losing = randomIds.payment();
    await tell(losing, loser);
    await tell(paymentId, { kind: 'transferConfirmed', transfer: buildTransfer(intent, 100n) });
    await tell(losing, { kind: 'transferConfirmed', transfer: buildTransfer(loser.intent, 100n) });
    expect(await requestStatus(requestId)).to.equal('processing');
    expect((await opened.store.audit.list(10)).map((entry) => entry.paymentId)).to.deep.equal([losing]);
  });

  it('asks for the address only when the process that opened the intent had its time', async () => {
    const { paymentId } = await openTrade('shkeeper');
    const opening = await tail(paymentId);
    const atMs = (opening?.atMs ?? 0) + 45_000;
    expect(await dueRows(paymentId)).to.deep.equal([{ kind: 'askAddress', atMs }]);
  });

  it('turns work that calls the outside into due rows', async () => {
    const transition = buildTransition();
    for (const type of ['verify', 'drivePayout', 'requestForward'] as const) {
      const handler = subscribers[type] as (effect: Effect, source: Transition) => Promise<void>;
      await handler({ type, key: 'k' }, transition);
    }
    const kinds = (await dueRows(transition.paymentId)).map(({ kind }) => kind);
    expect(kinds.sort()).to.deep.equal(['drivePayout', 'requestForward', 'verify']);
  });

  describe('a payout', () => {
    /** A failed payment whose money still lies at the provider, and a payout of all of it. */
    async function openRefund() {
      const { paymentId, intent } = await openTrade('shkeeper');
      const oneTime = `0x${paymentId}${'0'.repeat(16)}`;
      const given = { kind: 'addressGiven', address: oneTime, providerAmount: '100', exchangeRate: '1' } as const;
      const short = buildTransfer(intent, 95n, { receiver: oneTime });
      await tell(paymentId, given, { kind: 'transferConfirmed', transfer: short });
      clock.advance(expiresAtMs - clock.now() + 1);
      const payoutId = randomIds.payment();
      await tell(paymentId, { kind: 'deadlinePassed' }, payout('excess:provider', 95n, { payoutId }));
      return { paymentId, payoutId };
    }

    it('gets a record of its own, whose external id is the effect that asked for it', async () => {
      const { paymentId, payoutId } = await openRefund();
      const source = await tail(paymentId);
      const record = await tail(payoutId);
      expect(record?.state).to.deep.include({ direction: 'out', price: 95n, source: { paymentId, n: 1 } });
      const effect = source?.effects.find(({ type }) => type === 'openPayoutRecord');
      const machine = record?.state.direction === 'out' ? record.state.machine : null;
      expect(machine).to.deep.include({
        ...{ ...channel, stage: 'requested', amount: 95n, destination: addresses.refundTo },
        ...{ externalId: effect?.key },
      });
      expect(await opened.store.queries.paymentByExternalId(effect?.key ?? '')).to.equal(payoutId);
      if (source === null || effect?.type !== 'openPayoutRecord') throw new Error('no effect');
      await subscribers.openPayoutRecord(effect, source);
      expect((await tail(payoutId))?.seq).to.equal(record?.seq);
    });

    it('tells its payment that it succeeded, with the transfer that proves it', async () => {
      const { paymentId, payoutId } = await openRefund();
      const transfer = buildTransfer({ vault: addresses.refundTo }, 95n, { senders: [addresses.hotWallet] });
      await tell(payoutId, { kind: 'payoutSucceeded', n: 1, transfer, txHash: transfer.txHash });
      const source = await tail(paymentId);
      expect(source).to.deep.include({ kind: 'payoutSucceeded' });
      expect(source?.evidence.signal).to.deep.include({ kind: 'payoutSucceeded', n: 1, transfer });
      const reservation = source?.state.direction === 'in' ? source.state.payouts[0] : null;
      expect(reservation?.outcome).to.equal('succeeded');
    });

    it('gives the money back to its payment when it is proven dead', async () => {
      const { paymentId, payoutId } = await openRefund();
      await tell(payoutId, { kind: 'payoutFailed', n: 1, proof: 'reverted' });
      const source = await tail(paymentId);
      expect(source?.evidence.signal).to.deep.equal({ kind: 'payoutFailed', n: 1, proof: 'reverted' });
      const balances = source?.state.direction === 'in' ? source.state.balances : [];
      expect(balances.map(({ account, amount }) => [account, amount])).to.deep.equal([
        [`excess:provider:${paymentId}`, 95n],
      ]);
    });

    it('fails loudly when the payment does not take its report, so that the relay repeats and parks it', async () => {
      const { payoutId } = await openRefund();
      const record = await tail(payoutId);
      if (record?.state.direction !== 'out') throw new Error('no record');
      const foreign = { ...record, state: { ...record.state, source: { ...record.state.source, n: 9 } } };
      const failure = await subscribers
        .reportPayout({ type: 'reportPayout', outcome: 'succeeded', key: 'k' }, foreign)
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error).with.property('message').that.includes('payout_not_open');
    });
  });

  it('records an alarm once, however often it runs', async () => {
    const effects: EffectBody[] = [{ type: 'alarm', reason: 'look at this' }];
    const transition = buildTransition({ effects });
    const [effect] = transition.effects;
    if (effect?.type !== 'alarm') throw new Error('no alarm');
    await subscribers.alarm(effect, transition);
    await subscribers.alarm(effect, transition);
    const rows = (await opened.store.audit.list(100)).filter(({ paymentId }) => paymentId === transition.paymentId);
    expect(rows.map(({ category, reason }) => ({ category, reason }))).to.deep.equal([
      { category: 'alarm', reason: 'look at this' },
    ]);
  });
});
