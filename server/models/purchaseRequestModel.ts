import { type Connection, Schema } from 'mongoose';

/** A buyer's request; `src` holds, per payment, the newest transition that was applied, `fundedBy` the payment that completed it. */
export interface PurchaseRequestRow {
  _id: string;
  marketplaceId: string;
  buyerId: string;
  title: string;
  description: string;
  status: string;
  selectedOfferId: string | null;
  buyerWallet: string | null;
  refundTo: string | null;
  createdAtMs: number;
  fundedBy?: string | null;
  src?: Record<string, number>;
}

const text = { type: String, required: true };
const orNull = { type: String, default: null };

/** The model of `purchase_requests` on one connection; the list of statuses comes from the domain's port. */
export function purchaseRequestModel(connection: Connection, statuses: readonly string[]) {
  const schema = new Schema<PurchaseRequestRow>(
    {
      _id: text,
      marketplaceId: text,
      buyerId: text,
      title: text,
      description: { type: String, default: '' },
      status: { type: String, enum: statuses, required: true },
      selectedOfferId: orNull,
      buyerWallet: orNull,
      refundTo: orNull,
      createdAtMs: { type: Number, required: true },
      fundedBy: orNull,
      src: Schema.Types.Mixed,
    },
    { collection: 'purchase_requests', versionKey: false, minimize: false },
  );
  schema.index({ buyerId: 1, status: 1, createdAtMs: -1, _id: -1 });
  schema.index({ status: 1, createdAtMs: -1, _id: -1 });
  return connection.model<PurchaseRequestRow>('PurchaseRequest', schema);
}
