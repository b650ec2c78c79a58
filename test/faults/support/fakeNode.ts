import { createServer, type ServerResponse } from 'node:http';
import { rpc } from '../../../scripts/services/rpc.ts';

/** One question of the JSON-RPC protocol. */
export interface Question {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Rewrites the true answer to one question; `ask` asks the real node. */
export type Lie = (
  question: Question,
  truth: unknown,
  ask: (method: string, params: readonly unknown[]) => Promise<unknown>,
) => unknown;

/** How the node behaves. */
export type Manner =
  | { readonly kind: 'truth' }
  /** Takes the question and never answers. */
  | { readonly kind: 'silent' }
  /** Answers 429 to everything. */
  | { readonly kind: 'throttled' }
  | { readonly kind: 'lying'; readonly lie: Lie };

/** A JSON-RPC node of our own between servers and the real one. */
export interface FakeNode {
  readonly url: string;
  behave(manner: Manner): void;
  /** How many answers were withheld, refused or changed since the last change of manners. */
  struck(): number;
  /** Paths of the addresses by which those asked who were answered so: clients that were given different ones are told apart. */
  strickenPaths(): ReadonlySet<string>;
  close(): Promise<void>;
}

interface Message extends Question {
  readonly id: unknown;
}

/** Starts a node that tells what the real one at `target` tells until told otherwise. */
export async function startFakeNode(target: string): Promise<FakeNode> {
  let manner: Manner = { kind: 'truth' };
  let struck = 0;
  let stricken = new Set<string>();
  const unanswered = new Set<ServerResponse>();
  const ask = (method: string, params: readonly unknown[]) => rpc(target, method, params);

  async function forward(text: string): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(target, { method: 'POST', headers, body: text })).json();
  }

  function strike(path: string): void {
    struck += 1;
    stricken.add(path);
  }

  async function rewrite(
    lie: Lie,
    path: string,
    { message, reply }: { message: Message; reply: Record<string, unknown> },
  ) {
    if (!('result' in reply)) return reply;
    const told = await lie(message, structuredClone(reply.result), ask);
    if (JSON.stringify(told) === JSON.stringify(reply.result)) return reply;
    strike(path);
    return { ...reply, result: told };
  }

  async function answer(path: string, text: string, response: ServerResponse): Promise<void> {
    if (manner.kind === 'silent' || manner.kind === 'throttled') strike(path);
    if (manner.kind === 'silent') {
      unanswered.add(response);
      return;
    }
    if (manner.kind === 'throttled') {
      response.writeHead(429, { 'content-type': 'text/plain' }).end('Too Many Requests');
      return;
    }
    const { lie } = manner.kind === 'lying' ? manner : { lie: null };
    let replies = await forward(text);
    if (lie !== null) {
      const asked = JSON.parse(text) as Message | Message[];
      const batch = [replies].flat() as Record<string, unknown>[];
      const told = await Promise.all(
        batch.map((reply) => {
          const message = [asked].flat().find(({ id }) => id === reply.id);
          return message === undefined ? reply : rewrite(lie, path, { message, reply });
        }),
      );
      replies = Array.isArray(asked) ? told : told[0];
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(replies));
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // a node that cannot answer breaks the connection, as a real one does
      answer(request.url ?? '/', Buffer.concat(chunks).toString(), response).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the node listens on no port');
  const forget = () => {
    for (const response of unanswered) response.destroy();
    unanswered.clear();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    behave(next) {
      manner = next;
      struck = 0;
      stricken = new Set();
      forget();
    },
    struck: () => struck,
    strickenPaths: () => stricken,
    async close() {
      forget();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
