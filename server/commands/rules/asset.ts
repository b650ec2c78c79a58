import type { Asset } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway, Network } from '../../ports/outside.ts';

/** A token of a network as the product offers it. */
export interface Offered {
  readonly network: Network;
  readonly asset: Asset;
  /** The provider's name of this token. */
  readonly coin: string;
}

/** The offered token, or 409: only what `NETWORKS_FILE` describes completely can be paid. */
export function offeredAsset(gateway: EscrowGateway, networkName: string, symbol: string): Offered {
  const network = gateway.network(networkName);
  const token = network?.tokens.find((entry) => entry.token.toLowerCase() === symbol.toLowerCase());
  if (!network || !token) {
    throw new AppError('network_not_supported', `${symbol} on ${networkName} is not offered.`);
  }
  const { shkeeperName: coin, ...asset } = token;
  return { network, asset, coin };
}

/** The network of an existing payment; it was offered once, so its absence is a broken configuration. */
export function networkOf(gateway: EscrowGateway, name: string): Network {
  const network = gateway.network(name);
  if (!network) throw new AppError('network_not_supported', `The network ${name} is not configured any more.`);
  return network;
}
