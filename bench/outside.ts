import { randomBytes } from 'node:crypto';
import type { ChainReader, Network, PayInProvider } from '../server/ports/outside.ts';
import type { Chain } from '../server/providers/chain/connectChain.ts';
import { createEscrowGateway } from '../server/providers/chain/escrowGateway.ts';

const filled = (digit: string) => `0x${digit.repeat(40)}`;

/** The one network of the bench; everything that is computed from it is computed by the real gateway. */
export const network: Network = {
  name: 'bsc',
  chainId: 56,
  escrow: filled('e'),
  treasury: filled('7'),
  refundWallet: filled('8'),
  shkeeperHotWallet: filled('9'),
  signers: [filled('a'), filled('b'), filled('c')],
  threshold: 2,
  feeCapBps: 1_000,
  tokens: [
    { network: 'bsc', chainId: 56, token: 'USDT', tokenAddress: filled('6'), decimals: 18, shkeeperName: 'BNB-USDT' },
  ],
};

/** Where the standing chain stands. */
export const headBlock = 1_000;

const asksNobody = async (): Promise<never> => {
  throw new Error('the bench has no node to ask');
};

/** Nothing ever arrives on it. */
const reader: ChainReader = {
  head: async () => ({
    number: headBlock,
    hash: `0x${'1'.repeat(64)}`,
    timeMs: Date.now(),
    confirmed: headBlock,
    finalized: headBlock,
  }),
  blockHash: async () => null,
  transfersTo: async () => [],
  proveTransfer: async () => [{ verdict: 'notFound' }],
  escrowEvents: async () => [],
  tokenBalance: async () => 0n,
  nativeBalance: async () => 0n,
  transactionCounts: async () => ({ pending: 0, finalized: 0 }),
};

const pool = { name: network.name, chainId: network.chainId, run: asksNobody, status: () => [], close: () => {} };

const standing: Pick<Chain, 'networks' | 'reader' | 'gateway' | 'close'> = {
  networks: [network],
  reader,
  gateway: {
    ...createEscrowGateway(
      new Map([[network.name, { network, finality: { confirmations: 2, minimumAgeSeconds: 0 }, pool }]]),
    ),
    networkNow: async () => network,
  },
  close: () => {},
};

/** A chain that stands still, in this process; addresses and ids come from the real gateway. What no measured request reaches is left out. */
export const standingChain = standing as Chain;

/** A provider that answers at once, in this process: what is measured is ours. */
export const instantProvider: PayInProvider = {
  requestPayment: async ({ externalId, amount }) => ({
    address: `0x${randomBytes(20).toString('hex')}`,
    providerAmount: amount,
    exchangeRate: '1',
    providerInvoiceId: externalId,
  }),
  getInvoice: async () => [],
  createPayout: async () => ({ outcome: 'refused', message: 'the bench pays nobody out' }),
  getPayoutStatus: async () => null,
  getTask: async () => ({ status: 'PENDING', txHashes: [], message: null }),
  getHotWallet: async () => network.shkeeperHotWallet,
};
