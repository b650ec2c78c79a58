import { assetName } from '../../domain/ledger.ts';
import { AppError } from '../../errors.ts';
import type { Network } from '../../ports/outside.ts';
import type { ConfiguredNetwork } from './networks.ts';
import type { RpcPool } from './rpcPool.ts';

/** One network with the nodes to ask and the policy of finality. */
export interface ChainConnection {
  readonly network: Network;
  readonly finality: ConfiguredNetwork['finality'];
  readonly pool: RpcPool;
}
export type ChainConnections = ReadonlyMap<string, ChainConnection>;

/** The connection of a network; throws `AppError('network_not_supported')` for a name that is not configured. */
export function connectionOf(connections: ChainConnections, name: string): ChainConnection {
  const connection = connections.get(name);
  if (connection === undefined) throw new AppError('network_not_supported', `Network ${name} is not offered.`);
  return connection;
}

/** How an asset is called in the books: by its symbol when it is listed, else by its address. */
export function assetNameOf(network: Network, tokenAddress: string): string {
  const { name, chainId } = network;
  const listed = network.tokens.find((token) => token.tokenAddress === tokenAddress);
  return assetName(listed ?? { network: name, chainId, token: tokenAddress, tokenAddress, decimals: 0 });
}
