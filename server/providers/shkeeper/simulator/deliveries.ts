import { createHmac } from 'node:crypto';
import { type ClientRequest, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { signBody } from '../signature.ts';
import { sortedJson } from './numbers.ts';
import type { SwitchValues } from './switches.ts';
import type { World } from './world.ts';

/** `REQUESTS_NOTIFICATION_TIMEOUT` of the original. */
const timeoutMs = 30_000;
/** Deliveries remembered for `GET /control/deliveries`. */
const logMax = 5000;

/** A callback to be sent. */
export interface Callback {
  readonly kind: 'invoice' | 'unconfirmed' | 'payout' | 'unrelated';
  readonly externalId: string | null;
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One copy as it went over the wire; `status` is null when no answer came. */
export interface DeliveryRecord {
  readonly id: number;
  readonly atMs: number;
  readonly kind: Callback['kind'];
  readonly externalId: string | null;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly status: number | null;
}

/** Sends callbacks and remembers what was answered. */
export interface Deliveries {
  /** True when the receiver acknowledged at least one copy. */
  deliver(callback: Callback): Promise<boolean>;
  list(): readonly DeliveryRecord[];
  /** Cuts what is still waiting for an answer. */
  close(): void;
}

type Headers = [string, string][];

function signatureHeaders(world: World, callback: Callback, rawBody: Buffer, set: SwitchValues): Headers {
  const seconds = Math.floor(world.nowMs() / 1000) + set.clockSkew;
  const key = set.sign === 'dedicated' ? set.dedicatedSecret : world.settings.apiKey;
  const headers: Headers = [];
  if (set.sign === 'body') {
    headers.push(['X-Shkeeper-Signature', createHmac('sha256', key).update(rawBody).digest('hex')]);
  } else if (set.sign !== 'none') {
    headers.push(['X-Shkeeper-Timestamp', String(seconds)]);
    headers.push(['X-Shkeeper-Signature', signBody(key, seconds, rawBody)]);
  }
  // Payout callbacks never carry the key, nor does anything while a dedicated secret is active.
  const withKey = set.apiKeyHeader && set.sign !== 'dedicated' && callback.kind !== 'payout';
  if (withKey) headers.push(['X-Shkeeper-Api-Key', world.settings.apiKey]);
  return headers;
}

/** Changes body or headers after they were signed (S4). */
function tamperWith(rawBody: Buffer, headers: Headers, tamper: SwitchValues['tamper']): [Buffer, Headers] {
  if (tamper === 'flipByte') {
    const flipped = Buffer.from(rawBody);
    flipped[flipped.length - 3] = (flipped[flipped.length - 3] ?? 0) ^ 1;
    return [flipped, headers];
  }
  if (tamper === 'reserialise') {
    return [Buffer.from(JSON.stringify(JSON.parse(rawBody.toString('utf8')), null, 1)), headers];
  }
  const isSignature = ([name]: [string, string]): boolean => name === 'X-Shkeeper-Signature';
  if (tamper === 'cutSignature') {
    return [rawBody, headers.map((header) => (isSignature(header) ? [header[0], header[1].slice(1)] : header))];
  }
  if (tamper === 'doubleHeader') return [rawBody, [...headers, ...headers.filter(isSignature)]];
  return [rawBody, headers];
}

/** Posts bytes; `fetch` would join doubled headers by itself. Answers the status, or null when there was none. */
function post(url: string, headers: Headers, body: Buffer, open: Set<ClientRequest>): Promise<number | null> {
  return new Promise((resolve) => {
    try {
      const send = url.startsWith('https:') ? requestHttps : requestHttp;
      const outgoing = send(url, { method: 'POST', timeout: timeoutMs, agent: false });
      open.add(outgoing);
      for (const name of new Set(headers.map(([header]) => header))) {
        const values = headers.filter(([header]) => header === name).map(([, value]) => value);
        outgoing.setHeader(name, values.length === 1 ? (values[0] ?? '') : values);
      }
      outgoing.on('response', (response) => {
        response.resume();
        response.on('error', () => undefined);
        resolve(response.statusCode ?? null);
      });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => resolve(null));
      outgoing.on('close', () => {
        open.delete(outgoing);
        resolve(null);
      });
      outgoing.end(body);
    } catch {
      resolve(null);
    }
  });
}

/** Builds the sender of callbacks. */
export function createDeliveries(world: World): Deliveries {
  const log: DeliveryRecord[] = [];
  const open = new Set<ClientRequest>();
  let count = 0;
  const deliverCopy = async (callback: Callback, set: SwitchValues): Promise<boolean> => {
    const signed = Buffer.from(sortedJson(callback.body));
    const signature = signatureHeaders(world, callback, signed, set);
    const [body, extra] = tamperWith(signed, signature, set.tamper);
    const headers: Headers = [
      ['Content-Type', 'application/json'],
      ['User-Agent', 'python-requests/2.28.1'],
      ['Content-Length', String(body.length)],
      ...extra,
    ];
    const atMs = world.nowMs();
    const status = await post(callback.url, headers, body, open);
    const { kind, externalId, url } = callback;
    count += 1;
    log.push({ id: count, atMs, kind, externalId, url, headers, body: body.toString('utf8'), status });
    if (log.length > logMax) log.shift();
    return status !== null && set.ack.includes(status);
  };
  return {
    async deliver(callback) {
      const set = world.switches.of(callback.externalId);
      const copies = Array.from({ length: set.duplicate }, () => deliverCopy(callback, set));
      return (await Promise.all(copies)).includes(true);
    },
    list: () => log,
    close() {
      for (const outgoing of open) outgoing.destroy();
    },
  };
}
