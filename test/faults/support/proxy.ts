import { createServer, type Socket, connect as tcpConnect } from 'node:net';

/** Which requests a fault means: the bytes that such a request contains. */
export type Needle = Buffer;

/** What happens between a server and one of its dependencies. */
export type Fault =
  | { readonly kind: 'pass' }
  /** Every reply comes later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** What is open breaks, and nothing can be opened. */
  | { readonly kind: 'cut' }
  /** The next `times` requests that contain `of` are carried out, and their connection breaks in place of the reply. */
  | { readonly kind: 'cutReply'; readonly of: Needle; readonly times: number }
  /** The same, but the connection stays open and is silent from then on. */
  | { readonly kind: 'swallowReply'; readonly of: Needle; readonly times: number }
  /** Connections can be opened, and nothing that is sent arrives, in either direction. */
  | { readonly kind: 'blackHole' }
  /** What is open loses its far end without being told; what is opened later works. */
  | { readonly kind: 'halfOpen' };

/** What went through since the start. */
export interface Traffic {
  readonly connections: number;
  readonly requests: number;
  readonly replies: number;
}

/** A TCP proxy before one dependency of one server. */
export interface FaultProxy {
  readonly port: number;
  /** Changes what happens from now on; connections that lost bytes end when it passes again. */
  set(fault: Fault): void;
  /** How often the fault that is set now has struck; a scenario asserts that it did. */
  struck(): number;
  traffic(): Traffic;
  /** Counts the requests that contain the needle from now on. */
  watch(needle: Needle): () => number;
  close(): Promise<void>;
}

/** One client's connection and what it became. */
interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** The end of the last request's bytes, in case a needle lies across two chunks. */
  rest: Buffer;
  /** Bytes were lost here: no later byte of this connection would make sense. */
  broken: boolean;
  /** What the next reply meets. */
  awaits: 'cutReply' | 'swallowReply' | null;
}

/** A request of MongoDB's wire protocol that runs this command on this collection. */
export function mongoCommand(command: string, collection: string): Needle {
  const length = Buffer.alloc(4);
  length.writeInt32LE(Buffer.byteLength(collection) + 1);
  // a BSON string element: its type, its name, its length, its text
  return Buffer.concat([Buffer.from(`\x02${command}\0`), length, Buffer.from(`${collection}\0`)]);
}

/** An HTTP request whose head begins like this, e.g. `POST /api/v1/payout`; also any text in its body. */
export const httpText = (text: string): Needle => Buffer.from(text);

/** Listens on a free port and passes everything on to a port of this machine until told otherwise. */
export async function startProxy(targetPort: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  const watched: { readonly needle: Needle; count: number }[] = [];
  const traffic = { connections: 0, requests: 0, replies: 0 };
  let fault: Fault = { kind: 'pass' };
  let left = 0;
  let struck = 0;

  function end(pair: Pair): void {
    pairs.delete(pair);
    pair.client.destroy();
    pair.upstream.destroy();
  }

  function onRequest(pair: Pair, chunk: Buffer): void {
    traffic.requests += 1;
    const seen = Buffer.concat([pair.rest, chunk]);
    const contains = (needle: Needle) => seen.includes(needle, Math.max(0, pair.rest.length - needle.length + 1));
    for (const entry of watched) if (contains(entry.needle)) entry.count += 1;
    const longest = 256;
    if (fault.kind === 'blackHole' || pair.broken) {
      struck += fault.kind === 'blackHole' || fault.kind === 'halfOpen' ? 1 : 0;
      pair.broken = true;
      return;
    }
    if ((fault.kind === 'cutReply' || fault.kind === 'swallowReply') && left > 0 && contains(fault.of)) {
      left -= 1;
      pair.awaits = fault.kind;
    }
    pair.rest = seen.subarray(-longest);
    pair.upstream.write(chunk);
  }

  function onReply(pair: Pair, chunk: Buffer): void {
    if (fault.kind === 'blackHole') pair.broken = true;
    if (pair.broken) return;
    traffic.replies += 1;
    if (pair.awaits !== null) {
      struck += 1;
      pair.broken = true;
      if (pair.awaits === 'cutReply') end(pair);
      return;
    }
    if (fault.kind !== 'delay') {
      pair.client.write(chunk);
      return;
    }
    struck += 1;
    // all replies wait equally long, so they keep their order
    setTimeout(() => pair.client.writable && pair.client.write(chunk), fault.ms);
  }

  const server = createServer((client) => {
    traffic.connections += 1;
    if (fault.kind === 'cut') {
      struck += 1;
      client.on('error', () => undefined).destroy();
      return;
    }
    const upstream = tcpConnect(targetPort, '127.0.0.1');
    const pair: Pair = { client, upstream, rest: Buffer.alloc(0), broken: false, awaits: null };
    pairs.add(pair);
    client.on('data', (chunk: Buffer) => onRequest(pair, chunk));
    upstream.on('data', (chunk: Buffer) => onReply(pair, chunk));
    client.on('error', () => undefined).on('close', () => end(pair));
    // a broken connection tells its client nothing, not even that the other side has gone
    upstream.on('error', () => undefined).on('close', () => pair.broken || end(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');

  function breakOpen(next: Fault): void {
    for (const pair of [...pairs]) {
      if (next.kind === 'cut' || (next.kind === 'pass' && pair.broken)) {
        struck += next.kind === 'cut' ? 1 : 0;
        end(pair);
      } else if (next.kind === 'halfOpen') {
        pair.broken = true;
        pair.upstream.destroy();
      }
    }
  }

  return {
    port: address.port,
    set(next) {
      fault = next;
      left = 'times' in next ? next.times : 0;
      struck = 0;
      breakOpen(next);
    },
    struck: () => struck,
    traffic: () => ({ ...traffic }),
    watch(needle) {
      const entry = { needle, count: 0 };
      watched.push(entry);
      return () => entry.count;
    },
    async close() {
      for (const pair of [...pairs]) end(pair);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
