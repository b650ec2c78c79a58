import { z } from 'zod';
import type { ZodOpenApiOverride } from 'zod-openapi';
import { paymentStatuses } from '../../domain/state.ts';

/**
 * 15 digits before the point and 18 after it (the most decimals of any listed token) stay within the 34 digits of the
 * books' Decimal128 also in sums.
 */
const amountPattern = /^(?:0|[1-9]\d{0,14})(?:\.\d{1,18})?$/;

const amountText = z.union([z.string().max(40), z.number()]).transform((given, context) => {
  const text = String(given);
  const safe = typeof given === 'string' || Math.abs(given) <= Number.MAX_SAFE_INTEGER;
  if (safe && amountPattern.test(text)) return text;
  const message =
    'must be a plain decimal like "100.5": up to 15 digits, a point, up to 18 decimals, no sign, no exponent';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
/** What the parser of `amount` takes, for the OpenAPI file. */
const describeAmount: ZodOpenApiOverride = ({ jsonSchema }) => {
  Object.assign(jsonSchema, {
    anyOf: [
      { type: 'string', pattern: amountPattern.source },
      { type: 'number', minimum: 0 },
    ],
    description: 'Decimal string, or a JSON number where that is exact.',
    examples: ['100.5'],
  });
};
const amountDocs = { override: describeAmount };

/** An amount that may be zero (one side of a split). */
export const amountOrZero = amountText.meta(amountDocs);

/** An amount of money to move; always handed on as a decimal string. */
export const amount = amountText.refine((text) => /[1-9]/.test(text), 'must be more than zero').meta(amountDocs);

/** Users, requests and offers. */
export const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "-" or "_"');
export const paymentId = z.string().regex(/^[0-9a-f]{24}$/, 'must be a payment id: 24 hex digits');
/** `AMN_<paymentId>` or an effect key `<paymentId>-<seq>-<n>`; a provider's task id fits too. */
export const externalId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be an external id');

/** A transaction hash, lower-cased. */
export const txHash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'must be 0x and 64 hex digits')
  .transform((text) => text.toLowerCase());
/** The shape of an address; the commands check its checksum. */
export const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits');
/** Any case in, lower case on. */
export const network = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be the name of a network')
  .transform((text) => text.toLowerCase());
export const token = z.string().regex(/^[A-Za-z0-9._-]{1,32}$/, 'must be the symbol of a token');

const metadataBytes = 4096;
/** JSON.parse reads any depth, JSON.stringify overflows the stack after some thousand levels: far more than may be kept. */
function textOf(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
/** Free data of the client, kept as text and never interpreted. */
export const metadata = z
  .record(z.string().max(64), z.unknown())
  .transform((value, context) => {
    const text = textOf(value);
    if (text !== null && Buffer.byteLength(text) <= metadataBytes) return text;
    context.addIssue({ code: 'custom', message: `must be at most ${metadataBytes} bytes` });
    return z.NEVER;
  })
  .meta({ override: { type: 'object', additionalProperties: true } });

/** A whole number in a query, within bounds. */
export const wholeNumber = (low: number, high: number, standard: number, description?: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= low && value <= high, `must be from ${low} to ${high}`)
    .default(standard)
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern;
        const described = description === undefined ? {} : { description };
        Object.assign(jsonSchema, { type: 'integer', minimum: low, maximum: high, default: standard, ...described });
      },
    });

/** Rows of one page. */
export const pageLimit = wholeNumber(1, 200, 50);
/** So many nights of reports in one answer. */
export const nights = wholeNumber(1, 31, 7);
/** The newest sequence number a client has seen; zero for none. */
export const afterSeq = wholeNumber(0, 999_999, 0);

const successIsCompleted = (text: string) =>
  text.split(',').map((word) => (word.trim() === 'success' ? 'completed' : word.trim()));
const uniqueStatuses = z
  .array(z.enum(paymentStatuses))
  .min(1)
  .transform((statuses) => [...new Set(statuses)].sort());

/** A comma-separated list of statuses; `success` is the seed's alias of `completed`. */
export const statusWords = z.string().max(200).transform(successIsCompleted).pipe(uniqueStatuses);

/** The same, and `completed,success` where nothing is said. */
export const statusFilter = z
  .string()
  .max(200)
  .default('completed,success')
  .transform(successIsCompleted)
  .pipe(uniqueStatuses)
  .meta({ override: { type: 'string', default: 'completed,success', examples: ['pending,processing'] } });

/** Nothing expected here; whatever is sent is refused. */
export const nothing = z.strictObject({});

/** A time on the wire, ISO 8601. */
export const time = z.string().meta({ format: 'date-time' });
