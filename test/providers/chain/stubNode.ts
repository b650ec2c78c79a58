import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a stub node answers one JSON-RPC call: a result, an error object of the protocol, or a bare HTTP status. */
export type StubAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: string } }
  | { readonly status: number }
  | { readonly silent: true }
  /** Ends the connection without a word, as a machine does whose node is down. */
  | { readonly gone: true };
export type StubBehaviour = (method: string, params: readonly unknown[]) => StubAnswer;

export interface StubNode {
  readonly url: string;
  readonly calls: string[];
  behave(behaviour: StubBehaviour): void;
  close(): Promise<void>;
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A JSON-RPC node that says what a test wants. */
export async function openStubNode(behaviour: StubBehaviour): Promise<StubNode> {
  let current = behaviour;
  const calls: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const parsed: Call | Call[] = JSON.parse(body);
      const batch = Array.isArray(parsed) ? parsed : [parsed];
      const answers = batch.map(({ id, method, params }) => {
        calls.push(method);
        return { id, answer: current(method, params) };
      });
      if (answers.some(({ answer }) => 'silent' in answer)) return;
      if (answers.some(({ answer }) => 'gone' in answer)) return void request.socket.destroy();
      const status = answers
        .map(({ answer }) => ('status' in answer ? answer.status : 200))
        .find((code) => code !== 200);
      if (status !== undefined) return void response.writeHead(status).end('no');
      const lines = answers.map(({ id, answer }) => ({ jsonrpc: '2.0', id, ...answer }));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(Array.isArray(parsed) ? lines : lines[0]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    behave: (next) => {
      current = next;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
