import { expect } from 'chai';
import type { RequestStatus } from '../../server/domain/trade.ts';
import { buildOffer, buildRequest } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';
import { rows } from '../support/pages.ts';

describe('the marketplace store', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  const market = () => opened.store.marketplace;
  const newRequest = async (status: RequestStatus = 'open') => {
    const request = buildRequest({ status });
    await market().insertRequest(request);
    return request.id;
  };
  const statusOf = async (id: string) => (await market().request(id))?.status;

  it('brings requests and offers back as they were put in', async () => {
    const request = buildRequest({ buyerWallet: '0xa', refundTo: null });
    await market().insertRequest(request);
    const offer = buildOffer({ requestId: request.id });
    await market().insertOffer(offer);
    expect(await market().request(request.id)).to.deep.equal(request);
    expect(await market().offer(offer.id)).to.deep.equal(offer);
    expect(await market().listOffers({ requestId: request.id }, rows(10))).to.deep.equal({
      ...{ items: [offer], total: 1, next: null },
    });
    expect(await market().hasOffer(request.id, offer.sellerId)).to.equal(true);
    expect(await market().hasOffer(request.id, 'nobody')).to.equal(false);
    expect(await market().request('nobody')).to.equal(null);
  });

  it('lists requests by buyer and status, newest first', async () => {
    const buyerId = 'listed-buyer';
    for (const createdAtMs of [1, 2, 3]) await market().insertRequest(buildRequest({ buyerId, createdAtMs }));
    const page = await market().listRequests({ buyerId, status: 'open' }, rows(2, 1));
    expect(page.total).to.equal(3);
    expect(page.items.map(({ createdAtMs }) => createdAtMs)).to.deep.equal([2, 1]);
  });

  it('selects one offer of an open request and lets go of the one selected before', async () => {
    const requestId = await newRequest();
    const [first, second] = [buildOffer({ requestId }), buildOffer({ requestId })];
    await market().insertOffer(first);
    await market().insertOffer(second);
    expect(await market().selectOffer(requestId, first.id)).to.equal(true);
    expect(await market().selectOffer(requestId, second.id)).to.equal(true);
    expect((await market().request(requestId))?.selectedOfferId).to.equal(second.id);
    expect((await market().offer(first.id))?.status).to.equal('open');
    expect((await market().offer(second.id))?.status).to.equal('selected');
    await market().setRequestStatus(requestId, 'payment', { paymentId: 'p', seq: 1 });
    expect(await market().selectOffer(requestId, first.id)).to.equal(false);
  });

  it('moves a request through a trade and its reversal, each transition once and never backwards in seq', async () => {
    const id = await newRequest();
    const move = (status: RequestStatus, seq: number) => market().setRequestStatus(id, status, { paymentId: 'p', seq });
    const seen: unknown[] = [];
    const steps: [RequestStatus, number][] = [
      ['payment', 1],
      ['processing', 4],
      ['processing', 4],
      ['payment', 1],
      ['payment', 5],
      ['processing', 6],
      ['seller_paid', 9],
      ['payment', 10],
    ];
    for (const [status, seq] of steps) {
      await move(status, seq);
      seen.push(await statusOf(id));
    }
    expect(seen).to.deep.equal([
      ...['payment', 'processing', 'processing', 'processing'],
      ...['payment', 'processing', 'seller_paid', 'seller_paid'],
    ]);
  });

  it('lets a payment that did not complete the request move it nowhere', async () => {
    const id = await newRequest();
    await market().setRequestStatus(id, 'payment', { paymentId: 'loser', seq: 1 });
    await market().setRequestStatus(id, 'payment', { paymentId: 'winner', seq: 1 });
    await market().setRequestStatus(id, 'processing', { paymentId: 'winner', seq: 2 });
    for (const [status, seq] of [
      ['payment', 3],
      ['processing', 4],
      ['refunded', 5],
      ['seller_paid', 6],
    ] as const) {
      await market().setRequestStatus(id, status, { paymentId: 'loser', seq });
      expect(await statusOf(id)).to.equal('processing');
    }
    await market().setRequestStatus(id, 'seller_paid', { paymentId: 'winner', seq: 7 });
    expect(await statusOf(id)).to.equal('seller_paid');
  });

  it('applies one of two racing moves of the same transition', async () => {
    const id = await newRequest();
    const source = { paymentId: 'p', seq: 2 };
    await Promise.all(Array.from({ length: 10 }, () => market().setRequestStatus(id, 'processing', source)));
    const row = await opened.database
      .collection<{ _id: string; src: object }>('purchase_requests')
      .findOne({ _id: id });
    expect(row).to.deep.include({ status: 'processing', fundedBy: 'p', src: { p: 2 } });
  });

  it('accepts an offer, rejects its siblings, and answers a repeat with the same offers', async () => {
    const requestId = await newRequest();
    const offers = [
      buildOffer({ requestId }),
      buildOffer({ requestId }),
      buildOffer({ requestId, status: 'rejected' }),
    ];
    for (const offer of offers) await market().insertOffer(offer);
    const [chosen] = offers;
    if (chosen === undefined) throw new Error('no offer');
    const accept = () => market().acceptOffer(requestId, chosen.id, { paymentId: 'p', seq: 3 });
    const first = await accept();
    expect(first.map(({ status }) => status).sort()).to.deep.equal(['accepted', 'rejected']);
    expect((await accept()).map(({ id }) => id).sort()).to.deep.equal(first.map(({ id }) => id).sort());
    expect(await market().acceptOffer(requestId, chosen.id, { paymentId: 'p', seq: 2 })).to.deep.equal([]);
    const { items: all } = await market().listOffers({ requestId }, rows(10));
    expect(all.map(({ status }) => status).sort()).to.deep.equal(['accepted', 'rejected', 'rejected']);
  });

  it('keeps no more than five offers of a seller on a request, however many come at once', async () => {
    const requestId = await newRequest();
    const rival = () => buildOffer({ requestId, sellerId: 'rival', createdAtMs: 1 });
    const placed = await Promise.all(Array.from({ length: 20 }, () => market().insertOffer(rival())));
    expect(placed.filter((outcome) => outcome === 'placed')).to.have.length(5);
    expect(await market().insertOffer(rival())).to.equal('tooMany');
    const late = buildOffer({ requestId, sellerId: 'another', createdAtMs: 2 });
    expect(await market().insertOffer(late)).to.equal('placed');
    expect(await market().insertOffer(late)).to.equal('sameId');
    const { items, total } = await market().listOffers({ requestId }, rows(1));
    expect([items.map(({ id }) => id), total]).to.deep.equal([[late.id], 6]);
    expect((await market().listOffers({ requestId, sellerId: 'rival' }, rows(10, 3))).items).to.have.length(2);
  });

  it('does not reject an offer that was accepted meanwhile', async () => {
    const requestId = await newRequest();
    const offer = buildOffer({ requestId });
    await market().insertOffer(offer);
    await market().acceptOffer(requestId, offer.id, { paymentId: 'p', seq: 3 });
    await market().rejectOffer(offer.id);
    expect((await market().offer(offer.id))?.status).to.equal('accepted');
  });
});
