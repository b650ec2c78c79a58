import request, { type Response } from 'supertest';
import { splitOperation } from '../../server/http/endpoint.ts';
import type { Example } from '../../server/http/examples/catalog.ts';
import { type Operation, ruleOf } from '../../server/http/policies.ts';
import type { Role } from '../../server/ports.ts';
import { signBody } from '../../server/providers/shkeeper/signature.ts';
import { bearer, nowMs, type World, webhookKey } from './standIn.ts';

/** What is cut short in its example, since a whole one would be the document in itself. */
export const abridged: readonly Operation[] = [
  'GET /openapi.json',
  'GET /asyncapi.json',
  'GET /docs',
  'GET /docs/:version/:file',
];

/** Who makes the call of an example: the first whom the policies name, and a buyer where a token only shows more. */
function callerOf(operation: Operation): Role | null {
  const { access, token } = ruleOf(operation);
  if (token === 'optional') return 'buyer';
  return typeof access === 'string' ? null : (access[0] ?? null);
}

/** Makes the call of an example, as an integrator would. */
export function callExample(
  { app }: World,
  operation: Operation,
  { params = {}, query = {}, body }: Omit<Example, 'answer'>,
): PromiseLike<Response> {
  const { method, path } = splitOperation(operation);
  const filled = path.replace(/:([A-Za-z]+)/g, (_whole, name: string) => params[name] ?? name);
  const call = request(app)[method](filled).query(query).set('Host', 'pay.example');
  const role = callerOf(operation);
  if (role !== null) call.set('Authorization', bearer(role));
  if (ruleOf(operation).access === 'signature') {
    const bytes = Buffer.from(JSON.stringify(body));
    const seconds = Math.floor(nowMs / 1000);
    call.set('x-shkeeper-timestamp', String(seconds)).set('x-shkeeper-signature', signBody(webhookKey, seconds, bytes));
  }
  return body === undefined ? call : call.send(body);
}

/** What an answer says, as an example keeps it. */
export const contentOf = ({ type, body, text }: Response): unknown => (type === 'application/json' ? body : text);
