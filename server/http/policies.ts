import type { Role } from '../ports.ts';

/** Who may call an operation: everybody, the holder of a provider's key, the operator's scraper, or these roles. */
export type Access = 'anyone' | 'signature' | 'scraper' | readonly Role[];

/** Which budget a call counts against: `anonymous` per address; per user `read`, `hint` (costs a look outside), `create` (opens something) and `money` (moves it). */
export type Budget = 'anonymous' | 'read' | 'hint' | 'create' | 'money';

interface Rule {
  readonly access: Access;
  readonly limit?: Budget;
  /** Moves money, so it demands a second factor of the last minutes. Every change that is open to admins alone says which it is. */
  readonly stepUp?: boolean;
  /** The answer holds a secret: it is never kept, so an idempotency key means nothing here. */
  readonly secret?: true;
  /** Mounted only where the development routes are on; production refuses them. */
  readonly development?: true;
  /** On a route that everybody may call: a token is read when one is sent, and shows its holder more. */
  readonly token?: 'optional';
}

const everyone: readonly Role[] = ['buyer', 'seller', 'admin', 'auditor'];
const parties: readonly Role[] = ['buyer', 'seller', 'admin'];
const admins: readonly Role[] = ['admin'];
const operators: readonly Role[] = ['admin', 'auditor'];

/**
 * Every operation of the API and who may call it; an operation that is missing here cannot be mounted. Roles open the door,
 * ownership (in the queries and commands) decides which rooms a caller finds behind it.
 */
export const policies = {
  'GET /': { access: 'anyone', limit: 'anonymous' },
  'GET /livez': { access: 'anyone' },
  'GET /readyz': { access: 'anyone' },
  'GET /metrics': { access: 'scraper', limit: 'anonymous' },
  'GET /openapi.json': { access: 'anyone', limit: 'anonymous' },
  'GET /asyncapi.json': { access: 'anyone', limit: 'anonymous' },
  'GET /docs': { access: 'anyone', limit: 'anonymous' },
  'GET /docs/:version/:file': { access: 'anyone', limit: 'anonymous' },
  'GET /pay/:id': { access: 'anyone', limit: 'anonymous' },

  'POST /api/requests': { access: ['buyer'], limit: 'create' },
  'GET /api/requests': { access: everyone, limit: 'read' },
  'GET /api/requests/:id': { access: everyone, limit: 'read' },
  'POST /api/requests/:id/offers': { access: ['seller'], limit: 'create' },
  'GET /api/requests/:id/offers': { access: everyone, limit: 'read' },
  'POST /api/requests/:id/offers/:offerId/accept': { access: ['buyer', 'admin'] },

  'POST /api/payment/shkeeper/webhook': { access: 'signature' },
  'POST /api/payment/shkeeper/payout/webhook': { access: 'signature' },
  'GET /api/payment/shkeeper/webhook-stats': { access: admins, limit: 'read' },
  'POST /api/payment/shkeeper/intents': { access: ['buyer'], limit: 'create' },
  'POST /api/payment/shkeeper/confirm-transaction': { access: parties, limit: 'hint' },
  'POST /api/payment/shkeeper/payout': { access: admins, limit: 'money', stepUp: true },
  'GET /api/payment/shkeeper/payout/status/:taskId': { access: everyone, limit: 'read' },
  'POST /api/payment/shkeeper/payout/:externalId/resolve': { access: admins, limit: 'money', stepUp: true },
  'POST /api/payment/shkeeper/release-batch': { access: admins, limit: 'money', stepUp: true },
  // What confirms is a hint: the chain alone says what happened.
  'POST /api/payment/shkeeper/release-batch/confirm': { access: admins, limit: 'hint', stepUp: false },
  'POST /api/payment/shkeeper/:id/release': { access: admins, limit: 'money', stepUp: true },
  'POST /api/payment/shkeeper/:id/release/confirm': { access: admins, limit: 'hint', stepUp: false },
  'POST /api/payment/shkeeper/:id/refund': { access: admins, limit: 'money', stepUp: true },
  'POST /api/payment/shkeeper/:id/refund/confirm': { access: admins, limit: 'hint', stepUp: false },

  'POST /api/payment/shkeeper/test': { access: 'anyone', limit: 'create', development: true },
  'POST /api/payment/shkeeper/callback-test': { access: 'anyone', limit: 'anonymous', development: true },
  'GET /api/payment/shkeeper/callback-test': { access: 'anyone', limit: 'anonymous', development: true },
  'POST /api/payment/shkeeper/create-test-payment': { access: 'anyone', limit: 'create', development: true },
  'POST /api/payment/shkeeper/trigger-webhook': { access: parties, limit: 'hint', development: true },
  'POST /api/payment/configuration': { access: 'anyone', limit: 'anonymous', token: 'optional' },
  'GET /api/payment/shkeeper/config': { access: 'anyone', limit: 'anonymous' },
  'GET /api/payment/decentralized/receiver': { access: 'anyone', limit: 'anonymous', token: 'optional' },
  'GET /api/payment/decentralized/status/:paymentId': { access: 'anyone', limit: 'anonymous', token: 'optional' },
  'GET /api/payment/decentralized/history/:userId': { access: everyone, limit: 'read' },
  'POST /api/payment/decentralized/save': { access: ['buyer'], limit: 'create' },
  'PUT /api/payment/decentralized/update': { access: 'anyone', limit: 'hint', token: 'optional' },
  'POST /api/payment/decentralized/verify/:paymentId': { access: 'anyone', limit: 'hint', token: 'optional' },
  'POST /api/payment/decentralized/verify-all-pending': { access: admins, limit: 'hint', stepUp: false },
  'POST /api/payment/decentralized/admin-payout': { access: admins, limit: 'money', stepUp: true },
  'POST /api/payment': { access: ['buyer', 'admin'], limit: 'create' },
  'POST /api/payment/verify': { access: parties, limit: 'hint' },
  'POST /api/payment/callback': { access: 'anyone', limit: 'hint', token: 'optional' },
  'POST /api/payment/payments/:id/fetch-tx': { access: parties, limit: 'hint' },
  'POST /api/payment/payments/auto-fetch-missing': { access: admins, limit: 'hint', stepUp: false },

  // A key may pay out, so who issues one shows what who pays out shows; an end is never to be delayed.
  'POST /api/payment/v1/api-keys': { access: admins, limit: 'create', stepUp: true },
  'GET /api/payment/v1/api-keys': { access: admins, limit: 'read' },
  'POST /api/payment/v1/api-keys/:id/revoke': { access: admins, limit: 'create', stepUp: false },

  // Half of a payout, so it takes what the other half does; a key has no say in it.
  'POST /api/payment/v1/payout-approvals': { access: admins, limit: 'money', stepUp: true },

  'POST /api/payment/v1/sessions': { access: 'anyone', limit: 'anonymous', secret: true },
  'POST /api/payment/v1/sessions/refresh': { access: 'anyone', limit: 'anonymous', secret: true },
  'POST /api/payment/v1/sessions/end': { access: 'anyone', limit: 'anonymous', secret: true },
  'POST /api/payment/v1/sessions/step-up': { access: operators, limit: 'create', secret: true },
  'POST /api/payment/v1/second-factor': { access: operators, limit: 'create', secret: true },
  'POST /api/payment/v1/second-factor/confirm': { access: operators, limit: 'create', secret: true },

  'GET /api/payment/health': { access: 'anyone', limit: 'anonymous' },
  'GET /api/payment/ledger/trial-balance': { access: operators, limit: 'read' },
  'GET /api/payment/ledger/reconciliation': { access: operators, limit: 'read' },
  'GET /api/payment/ledger/parties/:userId': { access: operators, limit: 'read' },
  'GET /api/payment/:id/ledger': { access: operators, limit: 'read' },
  'GET /api/payment/:id/audit': { access: operators, limit: 'hint' },
  'POST /api/payment/payments/cleanup-pending': { access: admins, limit: 'hint', stepUp: false },
  'GET /api/payment/:id/debug': { access: admins, limit: 'hint' },
  'GET /api/payment/shkeeper/wallet-monitor/status': { access: 'anyone', limit: 'anonymous', token: 'optional' },
  'GET /api/payment/shkeeper/auto-webhook/status': { access: 'anyone', limit: 'anonymous', token: 'optional' },
  'GET /api/payment/stats': { access: everyone, limit: 'hint' },
  'GET /api/payment/stats/:userId': { access: everyone, limit: 'hint' },
  'GET /api/payment/export': { access: everyone, limit: 'hint' },
  'GET /api/payment/export/:userId': { access: everyone, limit: 'hint' },
  'GET /api/payment/user/:userId': { access: everyone, limit: 'read' },
  'GET /api/payment': { access: everyone, limit: 'read' },
  'GET /api/payment/:id': { access: everyone, limit: 'read' },
  'PUT /api/payment/:id': { access: parties, limit: 'hint' },
  'GET /api/payment/:id/events': { access: everyone, limit: 'read' },
  'POST /api/payment/:id/accept-late': { access: admins, limit: 'money', stepUp: true },
} as const satisfies Record<string, Rule>;

export type Operation = keyof typeof policies;

/** The rule of an operation. */
export function ruleOf(operation: Operation): Rule {
  return policies[operation];
}

/** Whether a role passes an operation's door. */
export function allows(operation: Operation, role: Role): boolean {
  const { access } = ruleOf(operation);
  return typeof access !== 'string' && access.includes(role);
}

/** The user whose payments an actor may see; null sees all (operators). */
export function ownershipOf(actor: { readonly userId: string; readonly role: Role }): string | null {
  return actor.role === 'admin' || actor.role === 'auditor' ? null : actor.userId;
}
