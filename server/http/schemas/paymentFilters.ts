import { z } from 'zod';
import { paymentStatuses } from '../../domain/state.ts';
import { identifier, network, statusFilter, statusWords, token } from './fields.ts';
import { paymentDocument, payoutDocument } from './paymentDocument.ts';

const documentFields: ReadonlySet<string> = new Set(
  [paymentDocument, payoutDocument].flatMap((document) => Object.keys(document.shape)),
);

/** A day, which begins at midnight UTC, or a moment with its offset. */
const moment = (description: string) =>
  z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a day or a moment like "2026-11-21T12:00:00Z"')
    .transform((text) => Date.parse(text))
    .exactOptional()
    .meta({ override: { type: 'string', description, examples: ['2026-11-01', '2026-11-21T12:00:00Z'] } });

const named = z
  .string()
  .regex(/^(?:0x[0-9a-fA-F]{64}|[A-Za-z0-9_-]{1,128})$/, 'must be an id, an external id or the hash of a transaction')
  .exactOptional()
  .meta({ description: 'Exactly one of: payment id, external id, hash of a transaction' });

const fields = z
  .string()
  .max(1_000)
  .transform((text) => [...new Set(text.split(',').map((word) => word.trim()))].sort())
  .refine((words) => words.every((word) => documentFields.has(word)), 'must name fields of a payment or a payout')
  .exactOptional()
  .meta({
    override: { type: 'string', description: 'Only these fields of each payment', examples: ['id,status,amountExact'] },
  });

/** What every reader of many payments may narrow them by. */
export const paymentFilters = {
  network: network.exactOptional(),
  token: token.exactOptional(),
  from: moment('Opened at this moment or later'),
  to: moment('Opened before this moment'),
  sellerId: identifier.exactOptional(),
  buyerId: identifier.exactOptional().meta({ description: 'Operators only' }),
};

/** The filters of lists. */
export const listFilters = { ...paymentFilters, status: statusFilter, q: named, fields };

/** Where nothing is left out that was not named. */
export const anyStatus = statusWords.exactOptional().meta({
  override: { type: 'string', description: 'All statuses without it', examples: [paymentStatuses.join(',')] },
});

/** What the filters of a request say, checked. */
export interface PaymentFilters {
  readonly network?: string;
  readonly token?: string;
  readonly from?: number;
  readonly to?: number;
  readonly sellerId?: string;
  readonly buyerId?: string;
  readonly status?: readonly (typeof paymentStatuses)[number][];
  readonly q?: string;
}
