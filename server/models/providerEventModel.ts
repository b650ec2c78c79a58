import { type Connection, Schema } from 'mongoose';

/** A provider's delivery that caused no transition, with its raw bytes. */
export interface ProviderEventRow {
  _id: string;
  provider: string;
  outcome: string;
  reason: string;
  headers: Record<string, string>;
  rawBody: Buffer;
  receivedAtMs: number;
}

/** How many deliveries of one provider had one outcome for one reason. */
export interface ProviderCountRow {
  _id: string;
  provider: string;
  outcome: string;
  reason: string;
  count: number;
}

const text = { type: String, required: true };
const free = { type: String, default: '' };
const whole = { type: Number, required: true };
const eventSchema = new Schema<ProviderEventRow>(
  {
    _id: text,
    provider: text,
    outcome: text,
    reason: free,
    headers: Schema.Types.Mixed,
    rawBody: Buffer,
    receivedAtMs: whole,
  },
  { collection: 'provider_events', versionKey: false, minimize: false },
);
eventSchema.index({ receivedAtMs: -1, _id: -1 });

const countSchema = new Schema<ProviderCountRow>(
  { _id: text, provider: text, outcome: text, reason: free, count: whole },
  { collection: 'provider_event_counts', versionKey: false },
);
countSchema.index({ provider: 1 });

/** The model of `provider_events` on one connection. */
export const providerEventModel = (connection: Connection) =>
  connection.model<ProviderEventRow>('ProviderEvent', eventSchema);

/** The model of `provider_event_counts` on one connection. */
export const providerCountModel = (connection: Connection) =>
  connection.model<ProviderCountRow>('ProviderCount', countSchema);
