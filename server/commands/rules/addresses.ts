import { zeroAddress } from '../../domain/terms.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway, Network } from '../../ports/outside.ts';

/** Addresses of the platform that are never a user's own wallet. */
export function platformAddresses(network: Network): string[] {
  const tokens = network.tokens.map((token) => token.tokenAddress);
  return [
    zeroAddress,
    network.escrow,
    network.treasury,
    network.refundWallet,
    network.shkeeperHotWallet,
    ...tokens,
  ].map((address) => address.toLowerCase());
}

/** A user's wallet in lower case; refuses text that is no address and addresses of the platform itself. */
export function readWallet(gateway: EscrowGateway, text: string, field: string, networks: readonly Network[]): string {
  const address = gateway.parseAddress(text);
  if (address === null) {
    throw new AppError('validation_failed', `${field} is not a valid address.`, { details: { field } });
  }
  if (networks.some((network) => platformAddresses(network).includes(address))) {
    throw new AppError('validation_failed', `${field} must be a wallet of your own.`, { details: { field } });
  }
  return address;
}
