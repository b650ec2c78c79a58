import type { ApiKeyScope } from '../ports/apiKeys.ts';
import type { Operation } from './policies.ts';

/**
 * What a server's key opens, and with which scope. What is missing here is open to no key: settlements, which admins sign by hand, the keys
 * themselves, and the accounts of admins.
 */
const scopes: Partial<Record<Operation, ApiKeyScope>> = {
  'GET /api/requests': 'read',
  'GET /api/requests/:id': 'read',
  'GET /api/requests/:id/offers': 'read',
  'GET /api/payment': 'read',
  'GET /api/payment/user/:userId': 'read',
  'GET /api/payment/:id': 'read',
  'GET /api/payment/:id/events': 'read',
  'GET /api/payment/shkeeper/payout/status/:taskId': 'read',
  'GET /api/payment/decentralized/history/:userId': 'read',
  'POST /api/requests': 'trade',
  'POST /api/requests/:id/offers': 'trade',
  'POST /api/requests/:id/offers/:offerId/accept': 'trade',
  'POST /api/payment/shkeeper/intents': 'intents',
  'POST /api/payment/shkeeper/confirm-transaction': 'intents',
  'PUT /api/payment/:id': 'intents',
  'POST /api/payment': 'intents',
  'POST /api/payment/verify': 'intents',
  'POST /api/payment/decentralized/save': 'intents',
  'POST /api/payment/payments/:id/fetch-tx': 'intents',
  'POST /api/payment/shkeeper/payout': 'payouts',
  'GET /api/payment/stats': 'reports',
  'GET /api/payment/stats/:userId': 'reports',
  'GET /api/payment/export': 'reports',
  'GET /api/payment/export/:userId': 'reports',
  'GET /api/payment/ledger/trial-balance': 'reports',
  'GET /api/payment/ledger/reconciliation': 'reports',
  'GET /api/payment/ledger/parties/:userId': 'reports',
  'GET /api/payment/:id/ledger': 'reports',
};

/** The scope a key needs for an operation; null when no key may. */
export const scopeOf = (operation: Operation): ApiKeyScope | null => scopes[operation] ?? null;
