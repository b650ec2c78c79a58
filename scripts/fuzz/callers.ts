import { createHash } from 'node:crypto';
import { signCall, signedHeaderNames } from '../../server/commands/rules/requestSignature.ts';
import type { Wire } from './send.ts';

/** Somebody who calls: what he adds to a request to be known. */
export interface Caller {
  readonly name: string;
  readonly known: (wire: Wire) => Wire;
}

/** Nobody. */
export const anonymous: Caller = { name: 'anonymous', known: (wire) => wire };

/** The holder of a token. */
export function bearerOf(name: string, token: string): Caller {
  return { name, known: (wire) => ({ ...wire, headers: { ...wire.headers, authorization: `Bearer ${token}` } }) };
}

let calls = 0;

/** A server with a key, which speaks for a buyer; each of its calls is signed anew. */
export function serverOf(key: { readonly id: string; readonly secret: string }, onBehalfOf: string): Caller {
  return {
    name: 'key',
    known: (wire) => {
      calls += 1;
      const own = { 'x-nonce': `fuzz-${process.pid}-${calls}`, 'x-on-behalf-of': onBehalfOf };
      const said = Object.entries(wire.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
      const idempotency = wire.method === 'POST' ? { 'idempotency-key': `fuzz-${calls}` } : {};
      const headers: Record<string, string> = { ...idempotency, ...Object.fromEntries(said), ...own };
      const covered = signedHeaderNames.flatMap((name) => {
        const value = headers[name];
        return value === undefined ? [] : [[name, value] as const];
      });
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = signCall(key.secret, {
        ...{ timestamp, method: wire.method, target: wire.target, headers: new Map(covered) },
        bodySha256: createHash('sha256')
          .update(wire.body ?? '')
          .digest('hex'),
      });
      return {
        ...wire,
        headers: { ...headers, 'x-api-key': key.id, 'x-timestamp': timestamp, 'x-signature': signature },
      };
    },
  };
}
