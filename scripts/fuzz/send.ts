import { Agent, request } from 'node:http';
import { type Draft, RawBody } from './requests.ts';

/** A request as it goes over the wire. */
export interface Wire {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

/** Longer than any answer takes on a busy machine. */
const withinMs = 30_000;

const textOf = (value: unknown): string => (typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value));

/** What `encodeURIComponent` refuses, half a surrogate, goes out as the mark that UTF-8 has for it. */
const escaped = (text: string) => encodeURIComponent(text.toWellFormed());

/** Writes a draft as the bytes of a request; a list in a query is its name more than once. */
export function wireOf(operation: { method: string; path: string }, draft: Draft): Wire {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => escaped(textOf(draft.path[name])));
  const pairs = draft.query.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${escaped(name)}=${escaped(textOf(one))}`),
  );
  const target = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
  const body =
    draft.body instanceof RawBody ? draft.body.text : draft.body === undefined ? undefined : JSON.stringify(draft.body);
  const typed = body === undefined ? {} : { 'content-type': draft.mediaType };
  return { method: operation.method, target, headers: { ...typed, ...draft.headers }, body };
}

/** Sends requests to one server over connections that are kept. */
export function createSender(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const { hostname, port } = new URL(url);

  /** A connection that was kept may have been closed in the same moment; the request goes out once more. */
  async function send(wire: Wire): Promise<Answer> {
    const first = await once(wire);
    return first === 'closed' ? sendAnew(wire) : first;
  }

  async function sendAnew(wire: Wire): Promise<Answer> {
    const answer = await once(wire);
    if (answer === 'closed') throw new Error('the connection was closed without an answer');
    return answer;
  }

  function once({ method, target, headers, body }: Wire): Promise<Answer | 'closed'> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer | 'closed'>();
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(
      { agent, hostname, port, method, path: target, headers: { ...headers, ...length }, timeout: withinMs },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const mediaType = (response.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
          resolve({ status: response.statusCode ?? 0, mediaType, text: Buffer.concat(parts).toString('utf8') });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${withinMs / 1000} s`)));
    sent.on('error', (error: NodeJS.ErrnoException) =>
      sent.reusedSocket && error.code === 'ECONNRESET' ? resolve('closed') : reject(error),
    );
    sent.end(body);
    return promise;
  }
  return { send, close: () => agent.destroy() };
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The same request for a person at a terminal; a token stands there as `$ADMIN`, since what is printed is kept and shown around. */
export function asCurl(url: string, { method, target, headers, body }: Wire, caller: string): string {
  const lines = Object.entries(headers).map(([name, value]) =>
    name === 'authorization' ? `-H "${name}: Bearer $${caller.toUpperCase()}"` : `-H ${quoted(`${name}: ${value}`)}`,
  );
  const data = body === undefined ? [] : [`--data-binary ${quoted(body)}`];
  return [`curl -sS -X ${method} ${quoted(url + target)}`, ...lines, ...data].join(' ');
}
