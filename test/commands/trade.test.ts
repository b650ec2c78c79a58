import { expect } from 'chai';
import { createAcceptOffer } from '../../server/commands/acceptOffer.ts';
import { createPlaceOffer } from '../../server/commands/placeOffer.ts';
import { createPostRequest } from '../../server/commands/postRequest.ts';
import type { EscrowGateway, Network } from '../../server/ports/outside.ts';
import type { MarketplaceStore, Policy } from '../../server/ports.ts';
import { asset } from '../domain/factories.ts';
import { createTestClock } from '../support/clock.ts';
import { randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';
import { rows } from '../support/pages.ts';
import { buyer, refused, seller } from './commandsWorld.ts';

const wallet = `0x${'d1'.repeat(20)}`;
const buyerWallet = `0x${'d2'.repeat(20)}`;
const reserved = (n: number) => `0x${String(n).repeat(40)}`;
const network: Network = {
  ...{ name: asset.network, chainId: asset.chainId, escrow: reserved(1), treasury: reserved(2) },
  ...{ refundWallet: reserved(3), shkeeperHotWallet: reserved(4), signers: [], threshold: 1, feeCapBps: 1_000 },
  tokens: [{ ...asset, shkeeperName: 'BNB-USDT' }],
};
/** The address rules of a gateway without a chain. */
const gateway = {
  networks: () => [network],
  network: (name: string) => (name === network.name ? network : null),
  parseAddress: (text: string) => (/^0x[0-9a-f]{40}$/i.test(text) ? text.toLowerCase() : null),
} as unknown as EscrowGateway;

describe('postRequest, placeOffer and acceptOffer', () => {
  let testStore: TestStore;
  before(async () => {
    testStore = await openTestStore();
  });
  after(() => testStore.close());

  const depsOf = (marketplace: Partial<MarketplaceStore> = {}) => ({
    ...{ gateway, clock: createTestClock(), ids: randomIds, policy: { marketplaceId: 'main' } as Policy },
    marketplace: { ...testStore.store.marketplace, ...marketplace },
  });
  const words = { actor: buyer, title: 'A chair', description: 'Wooden' };
  const post = () => createPostRequest(depsOf())(words);
  const place = (requestId: string, more: object = {}) =>
    createPlaceOffer(depsOf())({ actor: seller, requestId, amount: '1.50', ...more });

  it('keeps the buyer’s own addresses and refuses those of the platform', async () => {
    const request = await createPostRequest(depsOf())({ ...words, buyerWallet, refundTo: wallet });
    expect(await testStore.store.marketplace.request(request.id)).to.include({
      buyerWallet,
      refundTo: wallet,
    });
    for (const n of [0, 1, 2, 3, 4]) {
      await refused(createPostRequest(depsOf())({ ...words, refundTo: reserved(n) }), 'validation_failed');
    }
    await refused(createPostRequest(depsOf())({ ...words, buyerWallet: 'me' }), 'validation_failed');
  });

  it('takes exact amounts of offered tokens, not from the buyer himself', async () => {
    const { id } = await post();
    const offer = await place(id);
    expect([offer.amount, offer.network, offer.token, offer.status]).to.deep.equal(['1.5', 'bsc', 'USDT', 'open']);
    for (const amount of ['-1', '0', '1e30', 'NaN', '1,5', `1.${'0'.repeat(18)}1`, Number.NaN, 1e30]) {
      await refused(place(id, { amount }), 'validation_failed');
    }
    await refused(place(id, { network: 'nowhere' }), 'network_not_supported');
    await refused(place(id, { actor: { userId: buyer.userId, role: 'seller' } }), 'forbidden');
    await refused(place(randomIds.payment()), 'not_found');
  });

  it('refuses a sixth offer of one seller', async () => {
    const { id } = await post();
    for (let n = 0; n < 5; n += 1) await place(id);
    await refused(place(id), 'too_many_offers');
    await place(id, { actor: { userId: 'another-seller', role: 'seller' } });
  });

  it('makes one request of a key, whatever became of the record of its first answer', async () => {
    const idempotencyClaim = `idem:${buyer.userId}:POST /api/requests:${randomIds.payment()}`;
    const ask = (more: object = {}) => createPostRequest(depsOf())({ ...words, idempotencyClaim, ...more });
    const [first, ...others] = await Promise.all([ask(), ask(), ask()]);
    expect(new Set(others.map(({ id }) => id))).to.deep.equal(new Set([first?.id]));
    await testStore.store.marketplace.setRequestStatus(first?.id ?? '', 'payment', { paymentId: 'p', seq: 1 });
    expect(await ask()).to.deep.equal({ ...first, status: 'payment' });
    await refused(ask({ title: 'A table' }), 'idempotency_key_reused');
    await refused(ask({ refundTo: wallet }), 'idempotency_key_reused');
    expect((await ask({ idempotencyClaim: `${idempotencyClaim}2` })).id).to.not.equal(first?.id);
    expect((await post()).id).to.not.equal((await post()).id);
  });

  it('makes no second request when the first one’s reply was lost and its caller repeats with the key', async () => {
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    const lost = { mode: { times: 1 }, data: { failCommands: ['insert'], writeConcernError } };
    const actor = { userId: randomIds.payment(), role: 'buyer' } as const;
    const idempotencyClaim = `idem:${actor.userId}:POST /api/requests:once`;
    const ask = () => createPostRequest(depsOf())({ ...words, actor, idempotencyClaim });
    await testStore.failing(lost, () => refused(ask(), 'busy'));
    const { id } = await ask();
    const { items } = await testStore.store.marketplace.listRequests({ buyerId: actor.userId }, rows(10));
    expect(items.map((item) => item.id)).to.deep.equal([id]);
  });

  it('places one offer of a key, also when no further one could be placed by then', async () => {
    const { id } = await post();
    const idempotencyClaim = `idem:${seller.userId}:POST /api/requests/:id/offers:${randomIds.payment()}`;
    const repeat = (more: object = {}) => place(id, { idempotencyClaim, ...more });
    const [first, second] = await Promise.all([repeat(), repeat()]);
    expect(second?.id).to.equal(first?.id);
    for (let n = 0; n < 4; n += 1) await place(id);
    expect(await repeat()).to.deep.equal(first);
    await refused(repeat({ amount: '2' }), 'idempotency_key_reused');
    await refused(place((await post()).id, { idempotencyClaim }), 'idempotency_key_reused');
    await testStore.store.marketplace.setRequestStatus(id, 'processing', { paymentId: 'p', seq: 5 });
    expect(await repeat()).to.deep.equal({ ...first, status: 'rejected' });
    expect((await testStore.store.marketplace.offer(first?.id ?? ''))?.status).to.equal('rejected');
    await refused(place(id, { idempotencyClaim: `${idempotencyClaim}2` }), 'request_closed');
  });

  it('keeps an offer whose payment was opened when its key comes back, and rejects one that another was taken before', async () => {
    const { marketplace } = testStore.store;
    const { id } = await post();
    const idempotencyClaim = `idem:${seller.userId}:POST /api/requests/:id/offers:${randomIds.payment()}`;
    const repeat = () => place(id, { idempotencyClaim });
    const first = await repeat();
    const rival = await place(id, { actor: { userId: 'another-seller', role: 'seller' } });
    const source = { paymentId: randomIds.payment(), seq: 1 };
    await marketplace.setRequestStatus(id, 'payment', source);
    expect(await repeat()).to.deep.equal(first);
    expect((await marketplace.offer(first.id))?.status).to.equal('open');
    // The row of an offer that was inserted just after its siblings had been rejected.
    await marketplace.acceptOffer(id, rival.id, { ...source, seq: 2 });
    await testStore.database
      .collection('seller_offers')
      .updateOne({ _id: first.id as never }, { $set: { status: 'open' } });
    expect(await repeat()).to.deep.equal({ ...first, status: 'rejected' });
    expect((await marketplace.offer(first.id))?.status).to.equal('rejected');
  });

  it('keeps an offer for which a payment was opened while it was placed', async () => {
    const { id } = await post();
    const { marketplace } = testStore.store;
    const paying = createPlaceOffer(
      depsOf({
        insertOffer: async (offer) => {
          const placed = await marketplace.insertOffer(offer);
          await marketplace.setRequestStatus(id, 'payment', { paymentId: randomIds.payment(), seq: 1 });
          return placed;
        },
      }),
    );
    const offer = await paying({ actor: seller, requestId: id, amount: '1' });
    expect((await marketplace.offer(offer.id))?.status).to.equal('open');
  });

  it('rejects its own offer when the request closed while it was placed', async () => {
    const { id } = await post();
    const { marketplace } = testStore.store;
    let inserted = '';
    const closing = createPlaceOffer(
      depsOf({
        insertOffer: async (offer) => {
          const placed = await marketplace.insertOffer(offer);
          inserted = offer.id;
          const source = { paymentId: randomIds.payment(), seq: 5 };
          await marketplace.setRequestStatus(id, 'processing', source);
          return placed;
        },
      }),
    );
    await refused(closing({ actor: seller, requestId: id, amount: '1' }), 'request_closed');
    expect((await marketplace.offer(inserted))?.status).to.equal('rejected');
  });

  it('selects an offer of an open request for its owner alone', async () => {
    const { id: requestId } = await post();
    const { id: offerId } = await place(requestId);
    const accept = createAcceptOffer(depsOf());
    await refused(accept({ actor: { userId: 'a-stranger', role: 'buyer' }, requestId, offerId }), 'not_found');
    await refused(accept({ actor: buyer, requestId, offerId: (await place((await post()).id)).id }), 'not_found');
    const { request, offer } = await accept({ actor: buyer, requestId, offerId });
    expect([request.selectedOfferId, offer.status]).to.deep.equal([offerId, 'selected']);
    const late = await place(requestId);
    await refused(accept({ actor: buyer, requestId, offerId: late.id }), 'offer_mismatch');
  });
});
