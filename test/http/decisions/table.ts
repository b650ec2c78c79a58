/**
 * Who is answered what, written by hand; nothing of it is read from the policies. The cells stand in the order of the callers: anonymous, buyer,
 * other buyer, seller, other seller, admin, admin without step-up, auditor, key with the scope, key without it.
 * `401`, `403` and `404` are not_authenticated, forbidden and not_found, `step-up` is 403 step_up_required, any other refusal is named behind
 * its number; `+` says that the answer shows what is of the trade's own parties and operators alone.
 */
export const decisions: readonly (readonly [cells: string, operations: readonly string[]])[] = [
  [
    '200 200 200 200 200 200 200 200 200 200',
    [
      ...['GET /', 'GET /livez', 'GET /readyz', 'GET /openapi.json', 'GET /pay/:id', 'GET /api/payment/health'],
      ...['GET /docs', 'GET /asyncapi.json'],
      ...['GET /api/payment/shkeeper/config', 'GET /api/payment/shkeeper/auto-webhook/status'],
      // A log-out tells nobody whether there was a session.
      'POST /api/payment/v1/sessions/end',
      'POST /api/payment/shkeeper/test',
    ],
  ],
  [
    '202 202 202 202 202 202 202 202 202 202',
    ['POST /api/payment/shkeeper/callback-test', 'GET /api/payment/shkeeper/callback-test'],
  ],
  // What is asked for is no file of the page.
  ['404 404 404 404 404 404 404 404 404 404', ['GET /docs/:version/:file']],
  ['201 201 201 201 201 201 201 201 201 201', ['POST /api/payment/shkeeper/create-test-payment']],

  // Nobody's token or key opens these: the scraper and the provider show what is theirs, and who logs in what he knows.
  ['401 401 401 401 401 401 401 401 401 401', ['GET /metrics']],
  [
    Array(10).fill('401/invalid_signature').join(' '),
    ['POST /api/payment/shkeeper/webhook', 'POST /api/payment/shkeeper/payout/webhook'],
  ],
  [Array(10).fill('401/login_refused').join(' '), ['POST /api/payment/v1/sessions']],
  [Array(10).fill('401/session_ended').join(' '), ['POST /api/payment/v1/sessions/refresh']],

  // Open to everybody, and a token shows its holder more; a key is no token.
  [
    '200 200+ 200 200+ 200 200+ 200+ 200+ 200 200',
    [
      'GET /api/payment/decentralized/status/:paymentId',
      'PUT /api/payment/decentralized/update',
      'POST /api/payment/decentralized/verify/:paymentId',
      ...['POST /api/payment/callback', 'POST /api/payment/configuration'],
    ],
  ],
  ['401 200 404 200 404 200 200 200 401 401', ['GET /api/payment/decentralized/receiver']],
  ['200 200 200 200 200 200+ 200+ 200 200 200', ['GET /api/payment/shkeeper/wallet-monitor/status']],

  // Reading what is one's own.
  [
    '401 200 404 200 404 200 200 200 200 403',
    [...['GET /api/payment/:id', 'GET /api/payment/:id/events'], 'GET /api/payment/shkeeper/payout/status/:taskId'],
  ],
  [
    '401 200 404 404 404 200 200 200 200 403',
    ['GET /api/payment/decentralized/history/:userId', 'GET /api/payment/stats/:userId'],
  ],
  [
    '401 200+ 404 404 404 200+ 200+ 200+ 200+ 403',
    ['GET /api/payment/user/:userId', 'GET /api/payment/export/:userId'],
  ],
  ['401 200+ 200 200+ 200 200+ 200+ 200+ 200+ 403', ['GET /api/payment', 'GET /api/payment/export']],
  ['401 200 200 200 200 200 200 200 200 403', ['GET /api/payment/stats']],
  // Sellers browse what takes offers, and see of the offers their own.
  ['401 200+ 200 200+ 200+ 200+ 200+ 200+ 200+ 403', ['GET /api/requests']],
  ['401 200 404 200 200 200 200 200 200 403', ['GET /api/requests/:id']],
  ['401 200+ 404 200+ 200 200+ 200+ 200+ 200+ 403', ['GET /api/requests/:id/offers']],

  // The books are for operators, and for keys that report.
  [
    '401 403 403 403 403 200 200 200 200 403',
    [
      ...['GET /api/payment/ledger/trial-balance', 'GET /api/payment/ledger/reconciliation'],
      ...['GET /api/payment/ledger/parties/:userId', 'GET /api/payment/:id/ledger'],
    ],
  ],
  ['401 403 403 403 403 200 200 200 403 403', ['GET /api/payment/:id/audit']],
  [
    '401 403 403 403 403 200 200 403 403 403',
    [
      ...['GET /api/payment/:id/debug', 'GET /api/payment/shkeeper/webhook-stats', 'GET /api/payment/v1/api-keys'],
      ...['POST /api/payment/decentralized/verify-all-pending', 'POST /api/payment/payments/auto-fetch-missing'],
      ...['POST /api/payment/payments/cleanup-pending', 'POST /api/payment/v1/api-keys/:id/revoke'],
    ],
  ],

  // Trading and opening payments.
  ['401 201 201 403 403 403 403 403 201 403', ['POST /api/requests']],
  ['401 403 403 201 201 403 403 403 201 403', ['POST /api/requests/:id/offers']],
  ['401 200 404 403 403 200 200 403 200 403', ['POST /api/requests/:id/offers/:offerId/accept']],
  [
    '401 200 404 403 403 403 403 403 200 403',
    ['POST /api/payment/shkeeper/intents', 'POST /api/payment/decentralized/save'],
  ],
  ['401 201 404 403 403 201 201 403 201 403', ['POST /api/payment']],

  // Hints of the parties.
  [
    '401 200 404 200 404 200 200 403 200 403',
    ['POST /api/payment/shkeeper/confirm-transaction', 'POST /api/payment/verify', 'PUT /api/payment/:id'],
  ],
  [
    '401 409/transaction_not_mined 404 409/transaction_not_mined 404 409/transaction_not_mined 409/transaction_not_mined 403 409/transaction_not_mined 403',
    ['POST /api/payment/payments/:id/fetch-tx'],
  ],
  ['401 200 404 200 404 200 200 403 403 403', ['POST /api/payment/shkeeper/trigger-webhook']],

  // What moves money takes an admin's second factor, or a key that was issued with one; the payments of the table are unpaid.
  [
    '401 403 403 403 403 409/amount_exceeds_balance step-up 403 409/amount_exceeds_balance 403',
    ['POST /api/payment/shkeeper/payout'],
  ],
  [
    '401 403 403 403 403 409/not_funded step-up 403 403 403',
    [
      ...['POST /api/payment/shkeeper/:id/release', 'POST /api/payment/shkeeper/:id/refund'],
      'POST /api/payment/decentralized/admin-payout',
    ],
  ],
  ['401 403 403 403 403 409/batch_refused step-up 403 403 403', ['POST /api/payment/shkeeper/release-batch']],
  [
    '401 403 403 403 403 409/illegal_transition step-up 403 403 403',
    ['POST /api/payment/shkeeper/payout/:externalId/resolve', 'POST /api/payment/:id/accept-late'],
  ],
  ['401 403 403 403 403 201 step-up 403 403 403', ['POST /api/payment/v1/api-keys']],
  ['401 403 403 403 403 409/payout_approval_mismatch step-up 403 403 403', ['POST /api/payment/v1/payout-approvals']],
  // A confirmation is a hint: the chain alone says what happened.
  [
    '401 403 403 403 403 409/transaction_not_mined 409/transaction_not_mined 403 403 403',
    [
      ...['POST /api/payment/shkeeper/:id/release/confirm', 'POST /api/payment/shkeeper/:id/refund/confirm'],
      'POST /api/payment/shkeeper/release-batch/confirm',
    ],
  ],

  // The second factor itself, with a wrong code or password; this auditor has none yet.
  [
    '401 403 403 403 403 403/code_refused 403/code_refused 409/second_factor_missing 403 403',
    ['POST /api/payment/v1/sessions/step-up'],
  ],
  [
    '401 403 403 403 403 401/login_refused step-up 409/second_factor_missing 403 403',
    ['POST /api/payment/v1/second-factor'],
  ],
  [
    '401 403 403 403 403 409/second_factor_missing 409/second_factor_missing 403/code_refused 403 403',
    ['POST /api/payment/v1/second-factor/confirm'],
  ],
];
