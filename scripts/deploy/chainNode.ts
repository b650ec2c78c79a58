import { messageOf, Refusal } from './refusal.ts';

/** The node a deployment talks to. */
export interface ChainNode {
  /** Host and port; the rest of the url may hold an API key. */
  readonly host: string;
  ask(method: string, params?: readonly unknown[]): Promise<unknown>;
}

/** A node's own "no": the request arrived and was refused. `data` is what a revert returned. */
export class NodeError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(message: string, code: number, data: unknown) {
    super(message);
    this.name = 'NodeError';
    this.code = code;
    this.data = data;
  }
}

// A deployment is one large transaction; public nodes answer its estimate within a few seconds.
const ANSWER_LIMIT_MS = 20_000;

/** A node behind a url; connects to nothing yet. */
export function chainNode(url: string): ChainNode {
  const { host } = new URL(url);
  return {
    host,
    async ask(method, params = []) {
      const body = await post(url, host, { jsonrpc: '2.0', id: 1, method, params });
      if (body.error === undefined && body.result === undefined) throw new Error(`${host} gave no answer to ${method}`);
      if (body.error === undefined) return body.result;
      const { message = 'no reason given', code = 0, data } = body.error;
      throw new NodeError(message, code, data);
    },
  };
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message?: string; readonly code?: number; readonly data?: unknown };
}

async function post(url: string, host: string, body: object): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    return (await response.json()) as Answer;
  } catch (error) {
    throw new Error(`${host} does not answer: ${messageOf(error)}`);
  }
}

/** The network's first node that answers. Every node that answers must be on the configured chain: the server uses them all. */
export async function connectNode(network: {
  readonly name: string;
  readonly chainId: number;
  readonly rpcUrls: readonly string[];
}): Promise<ChainNode> {
  const { name, chainId } = network;
  const answers = await Promise.all(
    network.rpcUrls.map(async (url) => {
      const node = chainNode(url);
      try {
        return { node, answered: Number(BigInt(String(await node.ask('eth_chainId')))) };
      } catch (error) {
        return { node, problem: messageOf(error) };
      }
    }),
  );
  const wrong = answers.filter(({ answered }) => answered !== undefined && answered !== chainId);
  if (wrong.length > 0) {
    const reasons = wrong.map(({ node, answered }) => `${node.host} answers for chain ${answered}`);
    throw new Refusal(`network ${name} is chain ${chainId}, and a node of it is on another chain`, reasons);
  }
  const first = answers.find(({ answered }) => answered === chainId);
  if (first) return first.node;
  throw new Refusal(
    `no node of network ${name} answers`,
    answers.map(({ problem }) => String(problem)),
  );
}

/** The code at an address, `0x` when there is none. */
export async function codeAt(node: ChainNode, address: string, block = 'latest'): Promise<string> {
  return String(await node.ask('eth_getCode', [address, block]));
}

/** A quantity that a node answered with. */
export async function quantity(node: ChainNode, method: string, params: readonly unknown[] = []): Promise<bigint> {
  return BigInt(String(await node.ask(method, params)));
}
