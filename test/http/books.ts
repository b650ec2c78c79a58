import type { AppDeps } from '../../server/http/appDeps.ts';
import { addressOf } from './records.ts';
import { standIn } from './standIn.ts';

export const ether = 10n ** 18n;
const token = { network: 'bsc', chainId: 31337, token: 'USDT', tokenAddress: addressOf('5'), decimals: 18 };

/** The app over given books, on a network that lists USDT with 18 decimals. */
export function withBooks(books: Partial<AppDeps['ledger']>) {
  const network = { name: 'bsc', tokens: [{ ...token, shkeeperName: 'BNB-USDT' }] };
  const gateway = {
    checksum: (address: string) => address,
    networks: () => [],
    network: (name: string) => (name === 'bsc' ? (network as never) : null),
  };
  const none: AppDeps['ledger'] = {
    paymentBalances: async () => ({ asOfSeq: 0, balances: [] }),
    statement: async () => [],
    partyBalances: async () => ({ balances: [], open: [], openTotal: 0 }),
    trialBalance: async () => [],
  };
  return standIn({ deps: { ledger: { ...none, ...books }, gateway } });
}
