import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { type PurchaseRequest, type RequestStatus, requestStatuses, type SellerOffer } from '../domain/trade.ts';
import { type PurchaseRequestRow, purchaseRequestModel } from '../models/purchaseRequestModel.ts';
import { type SellerOfferRow, sellerOfferModel } from '../models/sellerOfferModel.ts';
import type { PageWanted } from '../ports/pages.ts';
import type { MarketplaceStore } from '../ports.ts';
import { isDuplicateKey, isIdTaken, refusingWhenDown } from './outage.ts';
import { readPage } from './pages.ts';
import { plainValues } from './plainValues.ts';
import { createReadsById } from './readsById.ts';

/** Which transition of which payment an update follows. */
interface Source {
  readonly paymentId: string;
  readonly seq: number;
}

/** A seller may change his mind a few times; more only buries the others. Offers end with their request alone, so places never free. */
const placesOfSeller = 5;
/** Most offers answered for one accepted request. */
const maxOffers = 1_000;

/**
 * Matches until this transition, or a later one of the same payment, was applied. `$lt` would not match a missing field, so the first
 * effect would never apply.
 */
const notYet = ({ paymentId, seq }: Source) => ({ [`src.${paymentId}`]: { $not: { $gte: seq } } });
const applied = ({ paymentId, seq }: Source) => ({ [`src.${paymentId}`]: seq });

const toRequest = ({ _id, src: _src, fundedBy: _fundedBy, status, ...rest }: PurchaseRequestRow): PurchaseRequest => ({
  ...rest,
  id: _id,
  status: requestStatuses.find((known) => known === status) ?? 'open',
});
const toOffer = ({ _id, src: _src, place: _place, ...rest }: SellerOfferRow): SellerOffer => ({ ...rest, id: _id });

/**
 * When a payment's effect may move a request. An intent opens it; only the payment that completed it moves it on, and only that one may
 * bring it back (a reversal), so a losing or late payment never pushes it.
 */
const mayMove = (status: RequestStatus, paymentId: string) => {
  const own = { $eq: [{ $ifNull: ['$fundedBy', ''] }, paymentId] };
  const waiting = { $in: ['$status', ['open', 'payment']] };
  if (status === 'processing') return { $or: [waiting, own] };
  if (status === 'payment') return { $or: [waiting, { $and: [own, { $eq: ['$status', 'processing'] }] }] };
  return own;
};

/** Purchase requests and seller offers on MongoDB. */
export function createMarketplaceStore(connection: Connection): MarketplaceStore {
  const requests = purchaseRequestModel(connection, requestStatuses);
  const offers = sellerOfferModel(connection);
  const requestRows = requests.collection as unknown as Collection<PurchaseRequestRow>;
  const offerRows = offers.collection as unknown as Collection<SellerOfferRow>;
  const requestRow = createReadsById((ids) => requests.find({ _id: { $in: ids } }).lean());
  const offerRow = createReadsById((ids) => offers.find({ _id: { $in: ids } }).lean());

  return refusingWhenDown({
    async insertRequest({ id, ...rest }: PurchaseRequest) {
      try {
        await requests.create({ ...rest, _id: id });
        return true;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        return false;
      }
    },
    async insertOffer({ id, ...rest }: SellerOffer) {
      const { requestId, sellerId } = rest;
      let place = await offers.countDocuments({ requestId, sellerId }).limit(placesOfSeller);
      for (; place < placesOfSeller; place += 1) {
        try {
          await offers.create({ ...rest, _id: id, place });
          return 'placed' as const;
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          if (isIdTaken(error)) return 'sameId' as const;
          // Another offer of his took the place meanwhile; the next one may be free.
        }
      }
      return 'tooMany' as const;
    },
    async request(id: string) {
      const row = await requestRow(id);
      return row === null ? null : toRequest(row);
    },
    async offer(id: string) {
      const row = await offerRow(id);
      return row === null ? null : toOffer(row);
    },
    async hasOffer(requestId: string, sellerId: string) {
      return (await offers.exists({ requestId, sellerId }).setOptions(plainValues)) !== null;
    },
    async hasAcceptedOffer(requestId: string) {
      return (await offers.exists({ requestId, status: 'accepted' }).setOptions(plainValues)) !== null;
    },
    async listOffers(filter: { requestId: string; sellerId?: string }, wanted: PageWanted) {
      const { items, ...page } = await readPage(offerRows, { filter, time: 'createdAtMs' }, wanted);
      return { ...page, items: items.map(toOffer) };
    },
    async listRequests({ buyerId, status }: { buyerId?: string; status?: RequestStatus }, wanted: PageWanted) {
      // Every status by name, so that the index of all lists is the same one.
      const filter = {
        ...(buyerId === undefined ? {} : { buyerId }),
        status: { $in: status ? [status] : requestStatuses },
      };
      const { items, ...page } = await readPage(requestRows, { filter, time: 'createdAtMs' }, wanted);
      return { ...page, items: items.map(toRequest) };
    },
    async selectOffer(requestId: string, offerId: string) {
      const open = { _id: requestId, status: 'open' };
      const selected = await requests.updateOne(open, { $set: { selectedOfferId: offerId } });
      if (selected.matchedCount === 0) return false;
      await offers.updateMany({ requestId, status: 'selected', _id: { $ne: offerId } }, { $set: { status: 'open' } });
      await offers.updateOne({ _id: offerId, requestId, status: 'open' }, { $set: { status: 'selected' } });
      return true;
    },
    async rejectOffer(offerId: string) {
      await offers.updateOne({ _id: offerId, status: { $ne: 'accepted' } }, { $set: { status: 'rejected' } });
    },
    async setRequestStatus(requestId: string, status: RequestStatus, source: Source) {
      const move = mayMove(status, source.paymentId);
      const funded = status === 'processing' ? { $cond: [move, source.paymentId, '$fundedBy'] } : '$fundedBy';
      const change = {
        $set: { ...applied(source), status: { $cond: [move, status, '$status'] }, fundedBy: funded },
      };
      await requests.updateOne({ _id: requestId, ...notYet(source) }, [change], { updatePipeline: true });
    },
    async acceptOffer(requestId: string, offerId: string, source: Source) {
      const once = { requestId, ...notYet(source) };
      await offers.updateOne({ ...once, _id: offerId }, { $set: { status: 'accepted', ...applied(source) } });
      const siblings = { ...once, _id: { $ne: offerId }, status: { $ne: 'rejected' as const } };
      await offers.updateMany(siblings, { $set: { status: 'rejected', ...applied(source) } });
      const touched = await offers
        .find({ requestId, ...applied(source) })
        .limit(maxOffers)
        .lean();
      return touched.map(toOffer);
    },
  });
}
