import { expect } from 'chai';
import { eventEffect, paymentId, paymentState, recorded, transition } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}/events`;
function history() {
  const world = standIn();
  world.payments.set(paymentId, recorded(paymentState()));
  world.transitions.push(
    transition(1, {
      effects: [{ type: 'askAddress', key: `${paymentId}-1-0` }, eventEffect(1, 1, { name: 'payment.created' })],
    }),
    transition(2, { kind: 'addressGiven' }),
    transition(3, {
      kind: 'transferConfirmed',
      state: paymentState({ status: 'completed' }),
      effects: [
        eventEffect(3, 0, { name: 'offer.updated', offerId: 'offer-1', sellerId: 'seller-1', status: 'accepted' }),
        eventEffect(3, 1, { name: 'offer.updated', offerId: 'offer-2', sellerId: 'seller-2', status: 'rejected' }),
        eventEffect(3, 2, { name: 'payment.updated', type: 'payment_completed' }),
      ],
    }),
  );
  return world;
}

describe('GET /api/payment/:id/events', () => {
  it('answers every step with the state it led to', async () => {
    const { body } = await history().as('buyer').get(path);
    expect(body.nextAfter).to.equal(3);
    expect(
      body.data.map((row: { seq: number; kind: string; status: string }) => [row.seq, row.kind, row.status]),
    ).to.deep.equal([
      [1, 'intentOpened', 'pending'],
      [2, 'addressGiven', 'pending'],
      [3, 'transferConfirmed', 'completed'],
    ]);
    expect(body.data[2]).to.include({ escrowState: 'funded', paymentId });
  });

  it('names each event by the id that sockets send, so that a client can drop what it knows', async () => {
    const { body } = await history().as('seller').get(path);
    const [created, , completed] = body.data;
    expect(created).to.include({ eventId: `${paymentId}-1-1`, type: 'payment.created' });
    expect(completed).to.include({ eventId: `${paymentId}-3-2`, type: 'payment_completed' });
    expect(completed.events.map((event: { eventId: string }) => event.eventId)).to.deep.equal(
      [0, 1, 2].map((n) => `${paymentId}-3-${n}`),
    );
    expect(completed.events[0]).to.deep.include({ name: 'offer.updated', offerId: 'offer-1', offerStatus: 'accepted' });
  });

  it('answers only what came after', async () => {
    const { as } = history();
    const { body } = await as('buyer').get(`${path}?after=2`);
    expect(body.data.map((row: { seq: number }) => row.seq)).to.deep.equal([3]);
    const none = await as('buyer').get(`${path}?after=3`);
    expect(none.body).to.deep.equal({ success: true, data: [], nextAfter: 3 });
  });

  it('answers fifty steps at a time, and where to go on', async () => {
    const world = standIn();
    world.payments.set(paymentId, recorded(paymentState()));
    for (let seq = 1; seq <= 60; seq += 1) world.transitions.push(transition(seq));
    const first = await world.as('buyer').get(path);
    expect([first.body.data.length, first.body.nextAfter]).to.deep.equal([50, 50]);
    const second = await world.as('buyer').get(`${path}?after=${first.body.nextAfter}`);
    expect([second.body.data.length, second.body.nextAfter]).to.deep.equal([10, 60]);
  });

  it('does not tell a seller who else bid', async () => {
    const { text } = await history().as('seller').get(path);
    expect(text).to.not.include('seller-2');
  });

  it('answers strangers 404 and odd sequence numbers 400', async () => {
    const { as } = history();
    expectProblem(await as('buyer', 'buyer-2').get(path), 404, 'not_found');
    for (const after of ['-1', 'x', '1.5', '1e3', '']) {
      expectProblem(await as('buyer').get(`${path}?after=${after}`), 400, 'validation_failed');
    }
  });
});
