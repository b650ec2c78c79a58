import type { ApiKeyScope } from '../../../server/ports/apiKeys.ts';
import { addressOf, txHash } from '../records.ts';
import type { Trade } from './stage.ts';

/** A valid request of one operation. */
export interface Asked {
  readonly body?: (trade: Trade, call: number) => object;
  readonly query?: (trade: Trade) => string;
  /** What is of the trade's own parties and operators alone; the table says who is shown it. */
  readonly shows?: (trade: Trade) => string;
  /** The scope that opens it to a key; without one it is open to none. */
  readonly scope?: ApiKeyScope;
  /** For whom a key speaks; by itself it reads as one who sees everything. */
  readonly speaksFor?: 'buyer' | 'seller';
}

const reads: Asked = { scope: 'read' };
const reports: Asked = { scope: 'reports' };
const showsPayment = ({ paymentId }: Trade) => paymentId;
const showsParties = ({ buyerId }: Trade) => buyerId;
const pending: Asked = { query: () => '?status=pending&limit=200', shows: showsPayment };
const exported: Asked = { ...reports, query: () => '?format=json&status=pending', shows: showsPayment };
const hash = { transactionHash: txHash };
const hint = (body: (trade: Trade) => object): Asked => ({ body, scope: 'intents', speaksFor: 'buyer' });
const about = ({ paymentId }: Trade) => ({ paymentId });
const password = 'not-the-password';
const refreshToken = 'r'.repeat(43);
/** The offer of a request that nobody has paid for. */
const named = ({ open: { requestId, offerId }, sellerId }: Trade) => ({
  ...{ purchaseRequestId: requestId, sellerOfferId: offerId, sellerId },
});
const payout = ({ requestId, offerId, buyerId, sellerId }: Trade) => ({
  ...{ purchaseRequestId: requestId, sellerOfferId: offerId, buyerId, sellerId },
  ...{ amount: '1', recipientAddress: addressOf('4') },
});
const callback = ({ externalId }: Trade) => ({ external_id: externalId, crypto: 'BNB-USDT', status: 'PAID' });

/** A valid request of each operation that needs more than its path. */
export const asked: Readonly<Record<string, Asked>> = {
  'GET /pay/:id': { shows: showsParties },
  'GET /api/requests': { ...reads, query: () => '?limit=200', shows: ({ open }) => open.requestId },
  'GET /api/requests/:id': reads,
  'GET /api/requests/:id/offers': { ...reads, shows: ({ open }) => open.offerId },
  'GET /api/payment': { ...reads, ...pending },
  'GET /api/payment/user/:userId': { ...reads, ...pending },
  'GET /api/payment/:id': reads,
  'GET /api/payment/:id/events': reads,
  'GET /api/payment/decentralized/history/:userId': reads,
  'GET /api/payment/shkeeper/payout/status/:taskId': reads,
  'GET /api/payment/stats': reports,
  'GET /api/payment/stats/:userId': reports,
  'GET /api/payment/export': exported,
  'GET /api/payment/export/:userId': exported,
  'GET /api/payment/ledger/trial-balance': reports,
  'GET /api/payment/ledger/reconciliation': reports,
  'GET /api/payment/ledger/parties/:userId': reports,
  'GET /api/payment/:id/ledger': reports,
  'POST /api/requests': { body: () => ({ title: 'A chair' }), scope: 'trade', speaksFor: 'buyer' },
  'POST /api/requests/:id/offers': { body: () => ({ amount: '5' }), scope: 'trade', speaksFor: 'seller' },
  'POST /api/requests/:id/offers/:offerId/accept': { scope: 'trade', speaksFor: 'buyer' },
  'POST /api/payment/shkeeper/intents': hint((trade) => ({ ...named(trade), amount: '100' })),
  'POST /api/payment/decentralized/save': hint((trade) => ({ ...named(trade), buyerId: trade.buyerId, amount: '100' })),
  'POST /api/payment': hint((trade) => ({
    ...{ ...named(trade), buyerId: trade.buyerId, amount: { amount: '100', currency: 'USDT' } },
  })),
  'POST /api/payment/shkeeper/confirm-transaction': hint((trade) => ({ ...about(trade), ...hash })),
  'POST /api/payment/verify': hint((trade) => ({ ...about(trade), status: 'completed' })),
  'POST /api/payment/payments/:id/fetch-tx': hint(() => ({})),
  'PUT /api/payment/:id': hint(() => ({ status: 'completed' })),
  'POST /api/payment/callback': { body: (trade) => ({ ...about(trade), status: 'success' }), shows: showsParties },
  'PUT /api/payment/decentralized/update': {
    ...{ body: (trade) => ({ ...about(trade), status: 'completed' }), shows: showsParties },
  },
  'POST /api/payment/decentralized/verify/:paymentId': { shows: showsParties },
  'GET /api/payment/decentralized/status/:paymentId': { shows: showsParties },
  'GET /api/payment/decentralized/receiver': { query: ({ paymentId }) => `?paymentId=${paymentId}` },
  'POST /api/payment/configuration': {
    ...{ body: ({ requestId }) => ({ purchaseRequestId: requestId }), shows: showsPayment },
  },
  'GET /api/payment/shkeeper/wallet-monitor/status': { shows: () => '"wallets"' },
  'POST /api/payment/decentralized/verify-all-pending': { body: () => ({ limit: 1 }) },
  'POST /api/payment/payments/auto-fetch-missing': { body: () => ({ limit: 1 }) },
  'POST /api/payment/shkeeper/payout': { body: payout, scope: 'payouts' },
  'POST /api/payment/decentralized/admin-payout': {
    body: ({ requestId }) => ({ purchaseRequestId: requestId, receiverWalletAddress: addressOf('4'), amount: '1' }),
  },
  'POST /api/payment/shkeeper/payout/:externalId/resolve': { body: () => ({ outcome: 'notSent' }) },
  'POST /api/payment/shkeeper/release-batch': { body: (trade) => ({ items: [about(trade)] }) },
  'POST /api/payment/shkeeper/release-batch/confirm': {
    body: ({ paymentId }) => ({ paymentIds: [paymentId], txHash }),
  },
  'POST /api/payment/shkeeper/:id/release/confirm': { body: () => ({ txHash }) },
  'POST /api/payment/shkeeper/:id/refund/confirm': { body: () => ({ txHash }) },
  'POST /api/payment/shkeeper/webhook': { body: callback },
  'POST /api/payment/shkeeper/payout/webhook': { body: callback },
  'POST /api/payment/shkeeper/trigger-webhook': { body: about },
  'POST /api/payment/v1/api-keys': { body: () => ({ name: 'shop', scopes: ['read'] }) },
  'POST /api/payment/v1/payout-approvals': {
    body: (trade) => ({
      ...{ ...about(trade), amount: '1', token: 'USDT', network: 'bsc', destination: addressOf('4') },
      ...{ owedTo: 'seller', proposerId: 'another-admin', approvalHash: 'ab'.repeat(32) },
    }),
  },
  'POST /api/payment/v1/sessions': { body: (_trade, call) => ({ name: `nobody-${call}`, password }) },
  'POST /api/payment/v1/sessions/refresh': { body: () => ({ refreshToken }) },
  'POST /api/payment/v1/sessions/end': { body: () => ({ refreshToken }) },
  'POST /api/payment/v1/sessions/step-up': { body: () => ({ code: '000000' }) },
  'POST /api/payment/v1/second-factor': { body: () => ({ password }) },
  'POST /api/payment/v1/second-factor/confirm': { body: () => ({ code: '000000' }) },
};
