import { createHash } from 'node:crypto';
import type { Express } from 'express';
import request from 'supertest';
import { signCall } from '../../server/commands/rules/requestSignature.ts';

/** What a marketplace's server sends; every part can be changed after it was signed. */
export interface ServerCall {
  readonly method: 'get' | 'post' | 'put';
  readonly target: string;
  readonly body?: string;
  readonly timestamp: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const covered = ['idempotency-key', 'if-match', 'x-nonce', 'x-on-behalf-of'];

/** The headers that a server signs a call with, as the documentation says. */
export function signedHeaders(key: { id: string; secret: string }, call: ServerCall): Record<string, string> {
  const { method, target, body = '', timestamp, headers = {} } = call;
  const signed = Object.entries(headers).filter(([name]) => covered.includes(name));
  const signature = signCall(key.secret, {
    ...{ timestamp: String(timestamp), method: method.toUpperCase(), target, headers: new Map(signed) },
    bodySha256: createHash('sha256').update(body).digest('hex'),
  });
  return { 'x-api-key': key.id, 'x-timestamp': String(timestamp), 'x-signature': signature, ...headers };
}

/** Sends a call with these headers, to an app or to the address of one. */
export function sendCall(
  app: Express | string,
  call: ServerCall,
  headers: Readonly<Record<string, string>>,
): request.Test {
  const asked = request(app)[call.method](call.target).set(headers);
  return call.body === undefined ? asked : asked.type('application/json').send(call.body);
}
