import { type Connection, Schema, type Types } from 'mongoose';
import {
  type Custody,
  type EscrowState,
  escrowStates,
  type Flag,
  flags,
  type PaymentStatus,
  paymentStatuses,
} from '../domain/state.ts';

/** A payment as lists and sweeps see it: a copy of the newest transition's state, never the truth. */
export interface PaymentRow {
  _id: string;
  version: number;
  /** What a reader has to know (store/vocabulary.ts), and the kind of the transition that the row copies; the oldest rows have neither. */
  format?: number;
  kind?: string;
  direction: 'in' | 'out' | 'suspense';
  status: PaymentStatus;
  escrowState: EscrowState;
  custody: Custody | 'none';
  exception: Flag | 'none';
  flags: Flag[];
  marketplaceId: string;
  buyerId: string;
  sellerId: string;
  requestId: string;
  offerId: string;
  network: string;
  token: string;
  price: Types.Decimal128;
  received: Types.Decimal128;
  openedAtMs: number;
  updatedAtMs: number;
  expiresAtMs?: number;
  arrivalBlocks?: { chainId: number; blockNumber: number }[];
  settlementOpen?: boolean;
  /** What lies in the provider's wallets for the payment. */
  atProvider?: { asset: string; amount: Types.Decimal128 }[];
  externalIds: string[];
  state: unknown;
  stateHash: string;
  /** Of the transition the row copies; what the next one is linked to. */
  hash?: string;
  /** Binds id, version and both hashes to each other. */
  check?: string;
}

/** Indexes that queries name. */
export const paymentIndexes = { market: 'market' } as const;

const text = { type: String, required: true };
const whole = { type: Number, required: true };
const arrivalBlock = new Schema({ chainId: whole, blockNumber: whole }, { _id: false });

const providerSum = new Schema({ asset: text, amount: Schema.Types.Decimal128 }, { _id: false });

const schema = new Schema<PaymentRow>(
  {
    _id: text,
    version: whole,
    format: Number,
    kind: String,
    direction: { type: String, enum: ['in', 'out', 'suspense'], required: true },
    status: { type: String, enum: paymentStatuses, required: true },
    escrowState: { type: String, enum: escrowStates, required: true },
    custody: { type: String, enum: ['provider', 'contract', 'none'], required: true },
    exception: { type: String, enum: [...flags, 'none'], required: true },
    flags: { type: [String], enum: flags },
    marketplaceId: text,
    buyerId: text,
    sellerId: text,
    requestId: text,
    offerId: text,
    network: text,
    token: text,
    price: Schema.Types.Decimal128,
    received: Schema.Types.Decimal128,
    openedAtMs: whole,
    updatedAtMs: whole,
    expiresAtMs: Number,
    arrivalBlocks: { type: [arrivalBlock], default: undefined },
    settlementOpen: Boolean,
    atProvider: { type: [providerSum], default: undefined },
    externalIds: [String],
    state: Schema.Types.Mixed,
    stateHash: text,
    hash: String,
    check: String,
  },
  { collection: 'payments', versionKey: false, minimize: false },
);
// Lists: what they filter by, then what they sort by; several statuses are several short scans that are merged. What stands behind the id is
// looked at within the index, so that no row is read that a filter leaves out, and sums are made without reading any.
const looked = { network: 1, token: 1, direction: 1, price: 1 } as const;
schema.index({ buyerId: 1, status: 1, openedAtMs: -1, _id: -1, sellerId: 1, ...looked });
schema.index({ sellerId: 1, status: 1, openedAtMs: -1, _id: -1, buyerId: 1, ...looked });
schema.index({ status: 1, direction: 1, openedAtMs: -1, _id: -1 });
// Behind the direction, which no list of a party names: for those it would be a worse way.
schema.index(
  { direction: 1, network: 1, token: 1, status: 1, openedAtMs: -1, _id: -1, price: 1 },
  { name: paymentIndexes.market },
);
schema.index({ requestId: 1, openedAtMs: -1, _id: -1 });
schema.index({ status: 1, expiresAtMs: 1 });
schema.index({ externalIds: 1 });
schema.index({ 'arrivalBlocks.chainId': 1, 'arrivalBlocks.blockNumber': 1 });
schema.index({ 'atProvider.asset': 1 }, { partialFilterExpression: { 'atProvider.0': { $exists: true } } });
schema.index({ updatedAtMs: 1 }, { name: 'settlement_open', partialFilterExpression: { settlementOpen: true } });

/** The model of `payments` on one connection. */
export const paymentModel = (connection: Connection) => connection.model<PaymentRow>('Payment', schema);
