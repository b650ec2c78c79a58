import { FetchRequest, JsonRpcProvider } from 'ethers';
import { AppError } from '../../errors.ts';
import type { Clock, Logger } from '../../ports.ts';
import { nodeIsIll, retryElsewhere } from './rpcErrors.ts';

/** The nodes of one network as one: asks the next where one fails. */
export interface RpcPool {
  readonly name: string;
  readonly chainId: number;
  /**
   * Asks one node after the other until one answers. An answer that `unknown` recognises (a receipt that a lagging node
   * does not have) counts only when no other node knows more. A revert is an answer and is thrown as it is;
   * throws `AppError('chain_unavailable')` when no node answers.
   */
  run<T>(read: (provider: JsonRpcProvider) => Promise<T>, unknown?: (answer: T) => boolean): Promise<T>;
  /** Which nodes are left alone at the moment. */
  status(): readonly { readonly node: string; readonly failures: number; readonly pausedUntilMs: number }[];
  close(): void;
}

export interface RpcPoolOptions {
  readonly name: string;
  readonly chainId: number;
  readonly urls: readonly string[];
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Node {
  /** Without path and query: those hold the operator's API key. */
  readonly label: string;
  readonly provider: JsonRpcProvider;
  checked: boolean;
  failures: number;
  pausedUntilMs: number;
}

// Shared RPC services refuse or starve larger batches.
const batchMaxCount = 10;
// ethers waits 10 ms for a batch to fill; reads that belong together are asked in the same turn anyway.
const batchStallTime = 1;
const passes = 2;
const pauseBetweenPassesMs = 100;
const firstCircuitMs = 500;
const longestCircuitMs = 30_000;

function createNode(url: string, chainId: number, timeoutMs: number): Node {
  const request = new FetchRequest(url);
  request.timeout = timeoutMs;
  // ethers would repeat a 429 twelve times by itself; another node is the better answer.
  request.setThrottleParams({ maxAttempts: 1 });
  request.retryFunc = async () => false;
  const provider = new JsonRpcProvider(request, chainId, {
    staticNetwork: true,
    batchMaxCount,
    batchStallTime,
    cacheTimeout: -1,
  });
  return { label: new URL(url).host, provider, checked: false, failures: 0, pausedUntilMs: 0 };
}

class WrongChainError extends Error {
  readonly code = 'WRONG_CHAIN';
}

/** Healthy nodes in their order, then those whose pause is over; when all pause, the one whose pause ends first. */
function candidates(nodes: readonly Node[], now: number): Node[] {
  const free = nodes.filter((node) => node.pausedUntilMs <= now);
  if (free.length > 0) return free.sort((a, b) => Math.sign(a.failures) - Math.sign(b.failures));
  return nodes.toSorted((a, b) => a.pausedUntilMs - b.pausedUntilMs).slice(0, 1);
}

async function checkChain(node: Node, chainId: number): Promise<void> {
  const answered = Number(BigInt(await node.provider.send('eth_chainId', [])));
  if (answered !== chainId) throw new WrongChainError(`node answers for chain ${answered}, not ${chainId}`);
  node.checked = true;
}

/** Creates the pool of one network; connects to nothing before the first question. */
export function createRpcPool(options: RpcPoolOptions): RpcPool {
  const { name, chainId, logger, clock } = options;
  const nodes = options.urls.map((url) => createNode(url, chainId, options.timeoutMs));

  function pause(node: Node, error: unknown): void {
    node.failures += 1;
    // Whatever answers at this address after a failure may be another node.
    node.checked = false;
    node.pausedUntilMs = clock.now() + Math.min(longestCircuitMs, firstCircuitMs * 2 ** Math.min(node.failures, 10));
    const fields = { network: name, node: node.label, failures: node.failures, reason: String(error) };
    if (error instanceof WrongChainError) logger.error(fields, 'rpc node serves another chain');
    else logger.warn(fields, 'rpc node failed');
  }

  async function ask<T>(node: Node, read: (provider: JsonRpcProvider) => Promise<T>): Promise<T> {
    try {
      if (!node.checked) await checkChain(node, chainId);
      const answer = await read(node.provider);
      node.failures = 0;
      node.pausedUntilMs = 0;
      return answer;
    } catch (error) {
      if (retryElsewhere(error) && nodeIsIll(error)) pause(node, error);
      throw error;
    }
  }

  async function run<T>(
    read: (provider: JsonRpcProvider) => Promise<T>,
    unknown: (answer: T) => boolean = () => false,
  ): Promise<T> {
    const errors: unknown[] = [];
    for (let pass = 0; pass < passes; pass += 1) {
      if (pass > 0) await new Promise((resolve) => setTimeout(resolve, pauseBetweenPassesMs * (1 + Math.random())));
      let lesser: { readonly answer: T } | null = null;
      for (const node of candidates(nodes, clock.now())) {
        try {
          const answer = await ask(node, read);
          if (!unknown(answer)) return answer;
          lesser = { answer };
        } catch (error) {
          if (!retryElsewhere(error)) throw error;
          errors.push(error);
        }
      }
      if (lesser) return lesser.answer;
    }
    throw new AppError('chain_unavailable', `No node of ${name} answers.`, {
      cause: new AggregateError(errors, `all nodes of ${name} failed`),
    });
  }

  return {
    name,
    chainId,
    run,
    status: () => nodes.map(({ label, failures, pausedUntilMs }) => ({ node: label, failures, pausedUntilMs })),
    close: () => {
      for (const node of nodes) node.provider.destroy();
    },
  };
}
