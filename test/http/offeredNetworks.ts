import type { AppDeps } from '../../server/http/appDeps.ts';
import type { Network } from '../../server/ports/outside.ts';
import { addressOf } from './records.ts';

function networkNamed(name: string, chainId: number, tokenAddress: string, decimals: number): Network {
  return {
    ...{ name, chainId, escrow: addressOf('e'), treasury: addressOf('a'), refundWallet: addressOf('b') },
    ...{ shkeeperHotWallet: addressOf('9'), signers: [addressOf('c')], threshold: 1, feeCapBps: 1_000 },
    tokens: [
      { network: name, chainId, token: 'USDT', tokenAddress, decimals, shkeeperName: `${name}-USDT` },
      { network: name, chainId, token: 'USDC', tokenAddress: addressOf('6'), decimals, shkeeperName: `${name}-USDC` },
    ],
  };
}

/** Two networks on which a token of one name has other decimals. */
export const offered = [networkNamed('bsc', 31337, addressOf('5'), 18), networkNamed('eth', 1, addressOf('4'), 6)];

/** A gateway that offers them; it marks what it spelled, so that a test sees that nothing leaves unspelled. */
export const offering: AppDeps['gateway'] = {
  checksum: (address) => address.replace('0x', '0X'),
  networks: () => offered,
  network: (name) => offered.find((entry) => entry.name === name) ?? null,
};
