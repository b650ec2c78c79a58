import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { ErrorCode } from '../errors.ts';
import { type AnyEndpoint, splitOperation } from './endpoint.ts';
import { endpoints } from './endpoints/catalog.ts';
import { statusOf } from './errorHandler.ts';
import { exampleOf } from './examples/catalog.ts';
import { apiVersions, versionHeader } from './middleware/apiVersion.ts';
import { ruleOf } from './policies.ts';
import { problem, problemExamples } from './problems.ts';
import { nothing } from './schemas/fields.ts';
import { scopeOf } from './scopes.ts';

const idempotencyKey = z.string().min(1).max(128).optional().meta({
  description: 'Repeats within 24 hours are answered with the first answer, marked `Idempotent-Replayed: true`.',
});

const [newestVersion] = apiVersions;
const askedVersion = z
  .enum(apiVersions)
  .optional()
  .meta({
    description: 'The version of the API that the caller was written for; the newest without it.',
    param: { id: 'HoldfastVersion' },
  });
const spokenVersion = z.enum(apiVersions).meta({
  description: 'The version of the API that answers; refusals have it, too.',
  examples: [newestVersion],
  header: { id: 'HoldfastVersion' },
});
const answerHeaders = z.object({ [versionHeader]: spokenVersion });
const versionedHeaders = answerHeaders.extend({
  ETag: z.string().meta({ description: 'The version of what is answered: its `seq`, in quotes', examples: ['"4"'] }),
});
const versionRead = z
  .string()
  .optional()
  .meta({ description: 'The `ETag` of an earlier answer: 304 while nothing has changed' });
const versionChanged = z
  .string()
  .optional()
  .meta({ description: 'The `ETag` of the version that is to be changed: 412 when it has changed since' });

/** Refusals that follow from what an operation is. */
function commonProblems(endpoint: AnyEndpoint, keyed: boolean): ErrorCode[] {
  const { access, limit, stepUp, token } = ruleOf(endpoint.operation);
  const restricted = Array.isArray(access);
  const read = restricted || token !== undefined;
  const writes = splitOperation(endpoint.operation).method !== 'get';
  return [
    'unknown_version',
    ...(read ? (['not_authenticated', 'session_ended', 'busy'] as const) : []),
    ...(restricted ? (['forbidden', 'rate_limited'] as const) : []),
    ...(endpoint.params === nothing ? [] : (['not_found'] as const)),
    // What an operation does not take is refused as well.
    ...(read ? (['validation_failed'] as const) : []),
    ...(writes && read ? (['malformed_json', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(keyed ? (['idempotency_key_reused', 'idempotency_key_in_use'] as const) : []),
    ...(endpoint.versioned && writes ? (['precondition_failed'] as const) : []),
    ...(stepUp ? (['step_up_required'] as const) : []),
    ...(limit ? (['rate_limited'] as const) : []),
  ];
}

/** The answer of success: JSON, or what else it may be. */
function answerOf(endpoint: AnyEndpoint) {
  const { answer: value } = exampleOf(endpoint.operation) ?? {};
  const examples = value === undefined ? {} : { examples: { usual: { value } } };
  const types = endpoint.types ?? ['application/json'];
  const csv = endpoint.csv === undefined ? {} : { 'text/csv': { schema: endpoint.csv } };
  const content = Object.fromEntries(types.map((type) => [type, { schema: endpoint.answer, ...examples }]));
  const headers = endpoint.versioned ? versionedHeaders : answerHeaders;
  return { description: STATUS_CODES[endpoint.status] ?? '', headers, content: { ...content, ...csv } };
}

/** The answers of one status that refuse, each with an example under its code. */
function refusalOf(endpoint: AnyEndpoint, status: number, codes: readonly ErrorCode[]) {
  const description = `${STATUS_CODES[status]}: ${codes.join(', ')}`;
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  // A page says to a person that it is not there.
  const isForPeople = endpoint.operation === 'GET /pay/:id' && status === 404;
  const content = isForPeople
    ? { 'text/html': { schema: endpoint.answer } }
    : { 'application/problem+json': { schema: problem, examples } };
  return { description, content };
}

function responsesOf(endpoint: AnyEndpoint, keyed: boolean): ZodOpenApiOperationObject['responses'] {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of [...commonProblems(endpoint, keyed), ...endpoint.problems]) {
    const status = statusOf[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  const refusals = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) => [String(status), refusalOf(endpoint, status, [...codes])] as const);
  const isRead = splitOperation(endpoint.operation).method === 'get';
  const unchanged =
    endpoint.versioned && isRead
      ? [['304', { description: 'Not Modified: `If-None-Match` named its version' }] as const]
      : [];
  return Object.fromEntries([[String(endpoint.status), answerOf(endpoint)] as const, ...unchanged, ...refusals]);
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

/** What a caller may say in headers. */
function headersOf(endpoint: AnyEndpoint, method: string, keyed: boolean) {
  const version = method === 'get' ? { 'If-None-Match': versionRead } : { 'If-Match': versionChanged };
  return z.object({
    ...(keyed ? { 'Idempotency-Key': idempotencyKey } : {}),
    ...(endpoint.versioned ? version : {}),
    [versionHeader]: askedVersion,
  });
}

function bodyOf(endpoint: AnyEndpoint) {
  const { body: value } = exampleOf(endpoint.operation) ?? {};
  const examples = value === undefined ? {} : { examples: { usual: { value } } };
  // A body that is left out is taken for an empty one.
  const required = !endpoint.body.safeParse({}).success;
  return { required, content: { 'application/json': { schema: endpoint.body, ...examples } } };
}

function describeOperation(endpoint: AnyEndpoint): ZodOpenApiOperationObject {
  const { method, path } = splitOperation(endpoint.operation);
  const { access } = ruleOf(endpoint.operation);
  const roles = Array.isArray(access) ? access : null;
  const { stepUp, secret } = ruleOf(endpoint.operation);
  const keyed = method === 'post' && roles !== null && !secret;
  const params = endpoint.params === nothing ? {} : { path: endpoint.params as z.ZodObject };
  const query = endpoint.query === nothing ? {} : { query: endpoint.query as z.ZodObject };
  const header = headersOf(endpoint, method, keyed);
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
    requestParams: { ...params, ...query, header },
    ...(endpoint.hasBody ? { requestBody: bodyOf(endpoint) } : {}),
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

/** `/x/:id` as OpenAPI writes it. */
const templateOf = (path: string) => path.replace(/:([A-Za-z]+)/g, '{$1}');

function pathsOf(): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of endpoints.values()) {
    const { method, path } = splitOperation(endpoint.operation);
    const templated = templateOf(path);
    paths[templated] = { ...paths[templated], [method]: describeOperation(endpoint) };
  }
  return paths;
}

/** Gives the parameters of each operation the values of its example call. */
function exemplify(paths: ReturnType<typeof createDocument>['paths']): void {
  for (const { operation } of endpoints.values()) {
    const { method, path } = splitOperation(operation);
    const { params, query } = exampleOf(operation) ?? {};
    const values: Readonly<Record<string, string>> = { ...params, ...query };
    for (const parameter of paths?.[templateOf(path)]?.[method]?.parameters ?? []) {
      if ('$ref' in parameter) continue;
      const value = values[parameter.name];
      const { schema } = parameter;
      const isNumber = typeof schema === 'object' && 'type' in schema && schema.type === 'integer';
      if (value !== undefined) parameter.example = isNumber ? Number(value) : value;
    }
  }
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
    externalDocs: { description: 'The events of Socket.IO, as an AsyncAPI document', url: '/asyncapi.json' },
    paths: pathsOf(),
    components: { securitySchemes, examples: { ...problemExamples } },
  });
  exemplify(document.paths);
  return `${JSON.stringify(document, null, 2)}\n`;
}
