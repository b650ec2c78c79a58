import type { ChainBooks } from '../../ports/audit.ts';
import type { ChainReader, EscrowGateway, Network } from '../../ports/outside.ts';
import type { BalanceReader } from '../../ports/reconciliation.ts';
import type { Clock, Logger } from '../../ports.ts';
import { createBalanceReader } from './balanceReader.ts';
import { createChainBooks } from './chainBooks.ts';
import type { ChainConnection } from './connection.ts';
import { describeNetwork } from './describeNetwork.ts';
import { createEscrowGateway } from './escrowGateway.ts';
import type { ConfiguredNetwork } from './networks.ts';
import { createRpcPool, type RpcPool } from './rpcPool.ts';
import { createTransferReader } from './transferReader.ts';

/** Everything the server needs of its chains. */
export interface Chain {
  readonly networks: readonly Network[];
  readonly reader: ChainReader;
  readonly gateway: EscrowGateway;
  readonly balances: BalanceReader;
  readonly books: ChainBooks;
  close(): void;
}

// A public node answers in well under a second; the slowest question is a wide range of logs.
const defaultTimeoutMs = 10_000;

/** Connects to all configured networks and checks them against their contracts; throws what `describeNetwork` throws. */
export async function connectChain(options: {
  readonly networks: readonly ConfiguredNetwork[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}): Promise<Chain> {
  const { logger, clock, timeoutMs = defaultTimeoutMs } = options;
  const pools: RpcPool[] = [];
  const close = () => {
    for (const pool of pools) pool.close();
  };
  try {
    const connections = await Promise.all(
      options.networks.map(async (configured): Promise<ChainConnection> => {
        const { name, chainId, rpcUrls: urls, finality } = configured;
        const pool = createRpcPool({ name, chainId, urls, timeoutMs, logger, clock });
        pools.push(pool);
        return { network: await describeNetwork(configured, pool), finality, pool };
      }),
    );
    const byName = new Map(connections.map((connection) => [connection.network.name, connection]));
    return {
      networks: connections.map(({ network }) => network),
      reader: createTransferReader(byName),
      gateway: createEscrowGateway(byName, clock),
      balances: createBalanceReader(byName),
      books: createChainBooks(byName),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
