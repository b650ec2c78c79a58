import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { signedHeaderNames } from '../../commands/rules/requestSignature.ts';
import { AppError } from '../../errors.ts';
import { apiKeyIdForm, type KnownServer, type SignedCall } from '../../ports/apiKeys.ts';
import type { Actor } from '../../ports.ts';
import { type Operation, ruleOf } from '../policies.ts';
import { scopeOf } from '../scopes.ts';

declare module 'express-serve-static-core' {
  interface Request {
    /** The key that a server signed this call with. */
    apiKeyId?: string;
  }
}

const forms = {
  'x-api-key': apiKeyIdForm,
  'x-timestamp': /^\d{1,12}$/,
  'x-signature': /^[0-9a-f]{64}$/,
} as const;
const plain = /^[\x21-\x7e]{1,128}$/;

const bodyHashes = new WeakMap<IncomingMessage, string>();
const emptyHash = createHash('sha256').digest('hex');

/** Notes the hash of a body's bytes while they are there; only of calls that name a key. */
export function noteBody(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  if (request.headers['x-api-key'] === undefined) return;
  bodyHashes.set(request, createHash('sha256').update(bytes).digest('hex'));
}

function refuse(reason: string): never {
  throw new AppError('invalid_signature', 'The signature of this call is not valid.', { details: { reason } });
}

function headerOf(request: Request, name: keyof typeof forms): string {
  const value = request.get(name) ?? '';
  if (!forms[name].test(value)) refuse(`${name}_malformed`);
  return value;
}

function coveredHeaders(request: Request): ReadonlyMap<string, string> {
  const sent = signedHeaderNames.flatMap((name) => {
    const value = request.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  for (const [name, value] of sent) if (!plain.test(value)) refuse(`${name}_malformed`);
  return new Map(sent);
}

function signedCall(request: Request): SignedCall {
  if (request.get('authorization') !== undefined) refuse('token_and_key');
  // The hash is over the bytes as they were sent; a parser would have inflated them first.
  if ((request.get('content-encoding') ?? 'identity') !== 'identity') refuse('content_encoding');
  return {
    keyId: headerOf(request, 'x-api-key'),
    timestamp: headerOf(request, 'x-timestamp'),
    signature: headerOf(request, 'x-signature'),
    method: request.method,
    target: request.originalUrl,
    bodySha256: bodyHashes.get(request) ?? emptyHash,
    headers: coveredHeaders(request),
  };
}

/** Whom a server's call counts as: the user it names, else for reads one who sees all and for payouts one who may open them. */
function actorFor({ keyId, onBehalfOf }: KnownServer, operation: Operation): Actor {
  if (onBehalfOf !== null) return onBehalfOf;
  if (operation.startsWith('GET ')) return { userId: keyId, role: 'auditor' };
  if (scopeOf(operation) === 'payouts') return { userId: keyId, role: 'admin' };
  throw new AppError('validation_failed', 'Say for whom: X-On-Behalf-Of: buyer:<user id> or seller:<user id>');
}

function demandRights(server: KnownServer, operation: Operation, request: Request): Actor {
  const scope = scopeOf(operation);
  if (scope === null) throw new AppError('forbidden', 'This is not open to keys of servers.');
  if (!server.scopes.includes(scope))
    throw new AppError('forbidden', `This key does not have the scope ${scope}.`, { details: { scope } });
  if (request.method === 'POST' && request.get('idempotency-key') === undefined)
    throw new AppError('validation_failed', 'Idempotency-Key: a server has to send one with every POST');
  const actor = actorFor(server, operation);
  const { access } = ruleOf(operation);
  if (typeof access === 'string' || !access.includes(actor.role))
    throw new AppError('forbidden', `This is not open to the role ${actor.role}.`);
  return actor;
}

/** Lets a marketplace's server in by its signature; a call without a key goes on to the token. */
export function serverKey(operation: Operation, know: (call: SignedCall) => Promise<KnownServer>): RequestHandler {
  return async (request, _response, next) => {
    if (request.get('x-api-key') !== undefined) {
      const server = await know(signedCall(request));
      request.apiKeyId = server.keyId;
      request.actor = demandRights(server, operation, request);
    }
    next();
  };
}
