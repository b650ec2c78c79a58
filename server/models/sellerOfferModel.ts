import { type Connection, Schema } from 'mongoose';

/** A seller's offer; `amount` is a decimal string in `token`, `src` as in a purchase request. */
export interface SellerOfferRow {
  _id: string;
  requestId: string;
  sellerId: string;
  amount: string;
  network: string;
  token: string;
  payoutAddress: string | null;
  status: 'open' | 'selected' | 'accepted' | 'rejected';
  createdAtMs: number;
  /** Which of its seller's few places on the request the offer has; the index lets nobody have a place twice. */
  place?: number;
  src?: Record<string, number>;
}

const text = { type: String, required: true };
const schema = new Schema<SellerOfferRow>(
  {
    _id: text,
    requestId: text,
    sellerId: text,
    amount: text,
    network: text,
    token: text,
    payoutAddress: { type: String, default: null },
    status: { type: String, enum: ['open', 'selected', 'accepted', 'rejected'], required: true },
    createdAtMs: { type: Number, required: true },
    place: Number,
    src: Schema.Types.Mixed,
  },
  { collection: 'seller_offers', versionKey: false, minimize: false },
);
schema.index({ requestId: 1, createdAtMs: 1, _id: 1 });
schema.index(
  { requestId: 1, sellerId: 1, place: 1 },
  { unique: true, partialFilterExpression: { place: { $exists: true } } },
);
schema.index({ requestId: 1, sellerId: 1, createdAtMs: -1, _id: -1 });
schema.index({ sellerId: 1, createdAtMs: -1 });

/** The model of `seller_offers` on one connection. */
export const sellerOfferModel = (connection: Connection) => connection.model<SellerOfferRow>('SellerOffer', schema);
