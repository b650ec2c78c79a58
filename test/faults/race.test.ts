import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { io, type Socket } from 'socket.io-client';
import type { SimulatorState } from '../../server/providers/shkeeper/simulator/state.ts';
import { eventually } from '../support/eventually.ts';
import { audit, effectsDone, transitions } from './support/audit.ts';
import { callbackBody, deliverUntilTaken } from './support/deliveries.ts';
import { type Answer, type Json, openStage, people, type Stage } from './support/stage.ts';
import { openTrade, stepLimitMs, units, untilPayment } from './support/trade.ts';

const deliveries = 50;

function listen(
  stage: Stage,
  userId: string,
  role: string,
  received: { event: string; eventId: string; status: unknown }[],
): Socket {
  const socket = io(String(stage.sandbox.servers[1]?.url), {
    auth: { token: stage.token(userId, role) },
    transports: ['websocket'],
  });
  socket.onAny((event: string, payload: { eventId?: string; status?: unknown; requestId?: unknown }) => {
    // the marketplace room names no request; what is counted here is what the person's own rooms were told
    if (payload.eventId && payload.requestId)
      received.push({ event, eventId: payload.eventId, status: payload.status });
  });
  return socket;
}

describe('faults: everybody tells two servers about the same payment at once', function () {
  this.timeout(180_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage({ servers: [{}, {}] });
  });
  after(() => stage.close());

  it('completes once, accepts one offer, rejects the others, applies each effect once, and answers every caller 2xx, at once or on a stated retry', async () => {
    await stage.control('switches', { noCallback: true });
    const received: { event: string; eventId: string; status: unknown }[] = [];
    const sockets = [listen(stage, people.seller, 'seller', received), listen(stage, people.rival, 'seller', received)];
    await eventually(() => sockets.every((socket) => socket.connected), {
      timeoutMs: stepLimitMs,
      what: 'sockets connect',
    });
    const trade = await openTrade(stage);
    const txHash = await stage.chain.pay(trade.payTo, units('100'));

    const body = callbackBody(trade, txHash);
    const confirmByHand = (server: number): Promise<Answer> =>
      stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
        token: stage.token(people.buyer, 'buyer'),
        body: { paymentId: trade.paymentId, transactionHash: txHash },
        server,
      });
    // the poller and the chain monitor of both servers run all the while, once a second
    const webhooks = await Promise.all(
      Array.from({ length: deliveries }, (_, index) => deliverUntilTaken(stage, body, index % 2)),
    );
    const confirms = await Promise.all([0, 1, 0, 1].map(confirmByHand));
    expect(new Set(webhooks.map((answer) => answer.status))).to.deep.equal(new Set([202]));
    for (const answer of confirms) expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 202]);

    await untilPayment(stage, trade.paymentId, { status: 'completed' }, 1);
    await effectsDone(stage);
    const history = await transitions(stage, trade.paymentId);
    expect(history.filter((step) => step.to === 'completed' && step.from !== 'completed')).to.have.length(1);
    expect(history.filter((step) => step.kind === 'transferConfirmed')).to.have.length(1);
    const reports = history.filter((step) => (step.claims as string[]).some((claim) => claim.startsWith('evt:')));
    expect(reports.filter((step) => step.kind === 'providerReported').length).to.be.within(1, 2);

    const offers = await stage.call('GET', `/api/requests/${trade.requestId}/offers`, {
      token: stage.token(people.admin, 'admin'),
    });
    const statuses = Object.fromEntries(
      (offers.body.data as { id: string; status: string }[]).map(({ id, status }) => [id, status]),
    );
    expect(statuses).to.deep.equal({ [trade.offerId]: 'accepted', [trade.rivalOfferId]: 'rejected' });

    await eventually(() => received.filter(({ event }) => event === 'seller-offer-update').length >= 2, {
      timeoutMs: stepLimitMs,
      what: 'both sellers hear of their offers',
    });
    const ids = received.map(({ event, eventId }) => `${event} ${eventId}`);
    expect(ids, 'every event once').to.deep.equal([...new Set(ids)]);
    for (const socket of sockets) socket.disconnect();
    await untilPayment(stage, trade.paymentId, { custody: 'contract' });
    await audit(stage);
  });

  it('opens one payment with one address when the same intent is asked for 20 times at once on two servers', async () => {
    await stage.control('switches', { noCallback: false });
    const request = await stage.call('POST', '/api/requests', {
      token: stage.token(people.buyer, 'buyer'),
      body: { title: 'Twice', description: 'asked for many times' },
    });
    const offer = await stage.call('POST', `/api/requests/${request.data.id}/offers`, {
      token: stage.token(people.seller, 'seller'),
      body: { amount: '10' },
    });
    const open = (server: number) =>
      stage.call('POST', '/api/payment/shkeeper/intents', {
        token: stage.token(people.buyer, 'buyer'),
        body: { purchaseRequestId: request.data.id, sellerOfferId: offer.data.id, sellerId: people.seller, amount: 10 },
        server,
      });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => open(index % 2)));
    const good = answers.filter((answer) => answer.status === 200);
    expect(good.length).to.be.at.least(1);
    for (const answer of answers) expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 409, 503]);
    expect(new Set(good.map((answer) => answer.data.paymentId)).size).to.equal(1);
    const again = await open(0);
    expect(again.status, JSON.stringify(again.body)).to.equal(200);
    const addresses = [...good, again].map((answer) => (answer.data.payTo as Json).address);
    expect(new Set(addresses).size, 'one address').to.equal(1);
    const payments = await stage.mongo
      .db()
      .collection('payments')
      .countDocuments({ requestId: request.data.id as string });
    expect(payments).to.equal(1);
    const { invoices } = JSON.parse(readFileSync(join(stage.directory, 'simulator.json'), 'utf8')) as SimulatorState;
    const ours = invoices.filter((invoice) => invoice.externalId === `AMN_${again.data.paymentId}`);
    expect(ours, 'the provider was asked for one address').to.have.length(1);
  });
});
