import { z } from 'zod';
import { apiKeyIdForm, apiKeyScopes } from '../../ports/apiKeys.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { time } from '../schemas/fields.ts';

const keyFields = {
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(apiKeyScopes)),
  state: z.enum(['live', 'expired', 'revoked']),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
  lastUsedAt: time.nullable().meta({ description: 'Exact to a minute' }),
};
const apiKey = z.strictObject(keyFields).meta({ id: 'ApiKey' });
export type ApiKeyDocument = z.output<typeof apiKey>;

export const issueApiKey = endpoint({
  operation: 'POST /api/payment/v1/api-keys',
  summary: "Issue a key for a marketplace's server",
  description:
    'The secret is in this answer and nowhere else, ever again; a repeat under the same Idempotency-Key is 409.',
  body: z.strictObject({
    name: z.string().trim().min(1).max(100),
    scopes: z.array(z.enum(apiKeyScopes)).min(1).max(apiKeyScopes.length),
    expiresInDays: z.number().int().min(1).max(3650).exactOptional(),
  }),
  status: 201,
  answer: envelope(z.strictObject({ ...keyFields, secret: z.string() })),
  answerOnce: true,
  problems: ['too_many_keys', 'secret_already_shown', 'not_ready'],
});

export const listApiKeys = endpoint({
  operation: 'GET /api/payment/v1/api-keys',
  summary: 'List keys of servers, newest first, without their secrets',
  answer: envelope(z.array(apiKey)),
});

export const revokeApiKey = endpoint({
  operation: 'POST /api/payment/v1/api-keys/:id/revoke',
  summary: 'End a key at once and for ever',
  params: z.strictObject({ id: z.string().regex(apiKeyIdForm) }),
  answer: envelope(apiKey),
});
