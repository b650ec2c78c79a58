import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { type ErrorCode, errorCodes } from '../errors.ts';
import { type AnyEndpoint, splitOperation } from './endpoint.ts';
import { endpoints } from './endpoints/catalog.ts';
import { statusOf } from './errorHandler.ts';
import { ruleOf } from './policies.ts';
import { nothing } from './schemas/fields.ts';
import { scopeOf } from './scopes.ts';

const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    success: z.literal(false),
    message: z.string(),
    code: z.enum(errorCodes),
    requestId: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })),
    items: z
      .array(z.looseObject({ paymentId: z.string(), code: z.enum(errorCodes), message: z.string() }))
      .optional()
      .meta({
        description: 'Of batch_refused: the payments that cannot take part, each with the details of its own code',
      }),
    prepared: z
      .array(z.string())
      .optional()
      .meta({ description: 'Of batch_refused: the payments that stay prepared nevertheless' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details with the members older clients read' });

const idempotencyKey = z.string().min(1).max(128).optional().meta({
  description: 'Repeats within 24 hours are answered with the first answer, marked `Idempotent-Replayed: true`.',
});

/** Refusals that follow from what an operation is. */
function commonProblems(endpoint: AnyEndpoint, keyed: boolean): ErrorCode[] {
  const { access, limit, stepUp, token } = ruleOf(endpoint.operation);
  const restricted = Array.isArray(access);
  const read = restricted || token !== undefined;
  const input = endpoint.hasBody || endpoint.query !== nothing;
  return [
    ...(read ? (['not_authenticated', 'session_ended', 'busy'] as const) : []),
    ...(restricted ? (['forbidden'] as const) : []),
    ...(endpoint.params === nothing ? [] : (['not_found'] as const)),
    ...(input && read ? (['validation_failed'] as const) : []),
    ...(endpoint.hasBody && read ? (['malformed_json', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(keyed ? (['idempotency_key_reused', 'idempotency_key_in_use'] as const) : []),
    ...(stepUp ? (['step_up_required'] as const) : []),
    ...(limit ? (['rate_limited'] as const) : []),
  ];
}

function responsesOf(endpoint: AnyEndpoint, keyed: boolean): ZodOpenApiOperationObject['responses'] {
  const isPage = endpoint.operation === 'GET /pay/:id';
  const type = isPage ? 'text/html' : endpoint.operation === 'GET /metrics' ? 'text/plain' : 'application/json';
  const csv = endpoint.csv === undefined ? {} : { 'text/csv': { schema: endpoint.csv } };
  const content = { [type]: { schema: endpoint.answer }, ...csv };
  const answer = { description: STATUS_CODES[endpoint.status] ?? '', content };
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of [...commonProblems(endpoint, keyed), ...endpoint.problems]) {
    const status = statusOf[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  const refusals = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) => {
      const description = `${STATUS_CODES[status]}: ${[...codes].join(', ')}`;
      // A page says to a person that it is not there.
      const content =
        isPage && status === 404
          ? { 'text/html': { schema: endpoint.answer } }
          : { 'application/problem+json': { schema: problem } };
      return [String(status), { description, content }] as const;
    });
  return Object.fromEntries([[String(endpoint.status), answer] as const, ...refusals]);
}

/** `POST /api/payment/:id/x` becomes `postApiPaymentIdX`. */
function operationIdOf(method: string, path: string): string {
  const words = path === '/' ? ['root'] : path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** A token, or where a scope opens it a server's signed call. */
function securityOf(operation: AnyEndpoint['operation']): Record<string, string[]>[] {
  const { access, token } = ruleOf(operation);
  if (!Array.isArray(access)) return token ? [{}, { bearer: [] }] : [];
  return scopeOf(operation) === null ? [{ bearer: [] }] : [{ bearer: [] }, { serverKey: [] }];
}

function describeOperation(endpoint: AnyEndpoint): ZodOpenApiOperationObject {
  const { method, path } = splitOperation(endpoint.operation);
  const { access } = ruleOf(endpoint.operation);
  const roles = Array.isArray(access) ? access : null;
  const { stepUp, secret } = ruleOf(endpoint.operation);
  const keyed = method === 'post' && roles !== null && !secret;
  const params = endpoint.params === nothing ? {} : { path: endpoint.params as z.ZodObject };
  const query = endpoint.query === nothing ? {} : { query: endpoint.query as z.ZodObject };
  const header = keyed ? { header: z.object({ 'Idempotency-Key': idempotencyKey }) } : {};
  const forWhom = roles ? `Roles: ${roles.join(', ')}.` : '';
  const factor = stepUp ? 'Demands a second factor of the last 5 minutes.' : '';
  const description = [endpoint.description, forWhom, factor].filter(Boolean).join(' ');
  return {
    operationId: operationIdOf(method, path),
    summary: endpoint.summary,
    ...(description === '' ? {} : { description }),
    tags: [path.startsWith('/api/requests') ? 'marketplace' : path.startsWith('/api/payment') ? 'payment' : 'system'],
    ...(ruleOf(endpoint.operation).development ? { 'x-development-only': true } : {}),
    security: securityOf(endpoint.operation),
    requestParams: { ...params, ...query, ...header },
    ...(endpoint.hasBody ? { requestBody: { content: { 'application/json': { schema: endpoint.body } } } } : {}),
    responses: responsesOf(endpoint, keyed),
  };
}

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  serverKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description:
      'A call of a server, with X-Timestamp (unix seconds) and X-Signature: HMAC-SHA256 in hex, under the secret of the key, over the lines ' +
      '`v1`, timestamp, method, path with query, SHA-256 of the body in hex, and `name:value` of idempotency-key, x-nonce and x-on-behalf-of as far as they are sent.',
  },
} as const;

function pathsOf(): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of endpoints.values()) {
    const { method, path } = splitOperation(endpoint.operation);
    const templated = path.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[templated] = { ...paths[templated], [method]: describeOperation(endpoint) };
  }
  return paths;
}

/** The text of docs/openapi.json, made from the same schemas that check the requests. */
export function renderOpenapi(): string {
  const document = createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Holdfast',
      version: '0.1.0',
      description: 'Marketplace escrow: payments in, money held by a smart contract, out exactly once.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: pathsOf(),
    components: { securitySchemes },
  });
  return `${JSON.stringify(document, null, 2)}\n`;
}
