import { randomBytes } from 'node:crypto';
import type { Db, Document } from 'mongodb';
import { network } from '../outside.ts';
import { requestBytes } from './requests.ts';
import { bearer } from './tokens.ts';

/** A buyer with more unpaid payments is refused; his token is signed once for all of them. */
const tradesOfBuyer = 40;
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

function trade(buyerId: string) {
  const [requestId, offerId] = [hex(12), hex(12)];
  const common = { createdAtMs: Date.now(), status: 'open' };
  const request = {
    ...common,
    ...{ _id: requestId, marketplaceId: 'main', buyerId, title: 'A camera', description: 'used, working' },
    ...{ selectedOfferId: null, buyerWallet: null, refundTo: `0x${hex(20)}`, fundedBy: null },
  };
  const offer = {
    ...common,
    ...{ _id: offerId, requestId, sellerId: `seller-${hex(4)}`, amount: '100', network: network.name },
    ...{ token: 'USDT', payoutAddress: `0x${hex(20)}`, place: 0 },
  };
  return { request, offer };
}

/** Requests that open an intent each, for trades of their own which are written straight into the collections. */
export async function intentRequests(database: Db, count: number): Promise<readonly Buffer[]> {
  const buyers = Math.ceil(count / tradesOfBuyer);
  const ready = Array.from({ length: buyers }, () => {
    const buyerId = `buyer-${hex(6)}`;
    const token = bearer('buyer', buyerId);
    return Array.from({ length: tradesOfBuyer }, () => ({ ...trade(buyerId), token }));
  }).flat();
  // servers read what a majority has
  const unordered = { ordered: false, writeConcern: { w: 'majority' } } as const;
  const rows = (name: string) => database.collection<Document & { _id: string }>(name);
  await rows('purchase_requests').insertMany(
    ready.map(({ request }) => request),
    unordered,
  );
  await rows('seller_offers').insertMany(
    ready.map(({ offer }) => offer),
    unordered,
  );
  return ready.map(({ request, offer, token }) => {
    const words = { purchaseRequestId: request._id, sellerOfferId: offer._id, sellerId: offer.sellerId, amount: 100 };
    return requestBytes({
      method: 'POST',
      path: '/api/payment/shkeeper/intents',
      headers: { ...token, 'idempotency-key': request._id },
      body: Buffer.from(JSON.stringify(words)),
    });
  });
}
