import type { PreparedBatch } from '../../server/commands/prepareBatch.ts';
import type { PreparedSettlement } from '../../server/commands/prepareSettlement.ts';
import type { AppDeps, Commands } from '../../server/http/appDeps.ts';
import { offered } from './offeredNetworks.ts';
import {
  addressOf,
  arrival,
  eventEffect,
  otherPaymentId,
  paymentId,
  paymentState,
  payoutState,
  purchaseRequest,
  recorded,
  sellerOffer,
  transition,
  txHash,
} from './records.ts';
import { nowMs, standIn, type World } from './standIn.ts';

const ether = 10n ** 18n;
const state = paymentState();
const paid = paymentState({ status: 'completed', arrivals: [arrival(100n * ether)] });
const digest = `0x${'dd'.repeat(32)}`;
const validUntil = 1_800_000_000;

const message = {
  id: `0x${'cd'.repeat(32)}`,
  seq: 0n,
  toSeller: 100n * ether,
  toBuyer: 0n,
  validUntil: BigInt(validUntil),
};
const prepared: PreparedSettlement = {
  typedData: {
    domain: { name: 'MarketplaceEscrow', version: '1', chainId: 31337n },
    types: {},
    primaryType: 'Settle',
    message,
  },
  ...{
    kind: 'settlement',
    digest,
    threshold: 2,
    settleSeq: 0,
    validUntil,
    toSeller: 100n * ether,
    toBuyer: 0n,
    remains: 0n,
  },
  ...{ signers: [addressOf('1'), addressOf('2')], signedBy: [addressOf('1')], dropped: [], reverts: null },
  ...{ missing: 1, transaction: null },
};
const settlement: PreparedBatch['items'][number]['settlement'] = {
  ...{ kind: 'release', settleSeq: 0, toSeller: 100n * ether, toBuyer: 0n, validUntil, digest },
  ...{ origin: 'held', signatures: [], seenTxHash: null },
};
const preparedBatch: PreparedBatch = {
  typedData: { domain: { name: 'MarketplaceEscrow' }, types: {}, primaryType: 'SettleBatch', message: { items: [] } },
  ...{ digest, network: 'bsc', threshold: 2, missing: 1, validUntil, reverts: null, transactions: null },
  items: [{ state: paymentState({ settlement }), settlement }],
  ...{ signers: [addressOf('1'), addressOf('2')], signedBy: [addressOf('1')], dropped: [] },
};
const access = { token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl', expiresAtMs: nowMs + 900_000 };
const session = { access, refreshToken: 'R'.repeat(43), refreshUntilMs: nowMs + 604_800_000, hasFactor: true };
const paidOut = async () => ({ payoutId: otherPaymentId, taskId: `${paymentId}-7-0`, status: 'requested' });
const key = {
  ...{ id: `hfk_${'a'.repeat(24)}`, name: 'shop', scopes: ['read', 'intents'] as const, createdBy: 'admin-1' },
  ...{ createdAtMs: nowMs, expiresAtMs: null, revokedAtMs: null, lastUsedAtMs: null, sealedSecret: '' },
};
const batch = { checked: [{ before: state, now: paid }], next: null };

/** What the use cases answer in the examples. */
const commands: Partial<Commands> = {
  postRequest: async () => purchaseRequest(),
  placeOffer: async () => sellerOffer(),
  acceptOffer: async () => ({
    request: purchaseRequest({ selectedOfferId: 'offer-1' }),
    offer: sellerOffer({ status: 'selected' }),
  }),
  openIntent: async () => ({ state, seq: 2, reused: false }),
  recordPayment: async () => paymentState({ rail: 'web3', provider: null }),
  confirmTransfer: async () => paymentState({ status: 'processing' }),
  verifyPayment: async () => paid,
  cancelPayment: async () => paymentState({ status: 'cancelled' }),
  verifyOpenPayments: async () => batch,
  findMissingTransactions: async () => batch,
  expirePayments: async () => 2,
  adminPayout: paidOut,
  paySeller: paidOut,
  resolvePayout: async () => ({ payoutId: otherPaymentId, status: 'confirmed' }),
  approvePayout: async () => ({
    ...{ hash: 'ab'.repeat(32), approvedBy: 'admin-1', approvedAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 },
  }),
  acceptLate: async () => paid,
  prepareSettlement: async () => prepared,
  confirmSettlement: async () => ({
    state: paymentState({ status: 'released' }),
    settlement: { state: 'final', txHash },
  }),
  prepareBatch: async () => preparedBatch,
  confirmBatch: async () => [
    {
      ...{ outcome: 'settled', paymentId, state: paymentState({ status: 'released' }) },
      settlement: { state: 'final', txHash },
    },
  ],
  auditPayment: async () => ({
    ...{ paymentId, transitions: 5, violations: [], parked: [], notCompared: [] },
    blocks: [{ network: 'bsc', chainId: 31337, number: 42, hash: `0x${'ab'.repeat(32)}` }],
  }),
  issueApiKey: async () => ({ key, secret: 'S'.repeat(43) }),
  revokeApiKey: async () => ({ ...key, revokedAtMs: nowMs }),
  openSession: async () => session,
  refreshSession: async () => session,
  endSession: async () => undefined,
  stepUp: async () => ({ access, steppedUpUntilMs: nowMs + 300_000 }),
  enrolFactor: async () => ({
    secret: 'JBSWY3DPEHPK3PXP',
    address: 'otpauth://totp/Holdfast:anna?secret=JBSWY3DPEHPK3PXP',
  }),
  confirmFactor: async () => ({ access, backupCodes: ['ABCD-EFGH-2345-WXYZ'] }),
  recordReport: async () => ({ outcome: 'accepted' }) as never,
  recordPayoutCallback: async () => ({ outcome: 'accepted' }) as never,
};

const leg = { account: `held:contract:${paymentId}`, asset: 'bsc:USDT', amount: 100n * ether };
const ledger: AppDeps['ledger'] = {
  paymentBalances: async () => ({ asOfSeq: 5, balances: [leg] }),
  statement: async () => [
    { seq: 4, kind: 'transferConfirmed', atMs: nowMs, actor: 'monitor', legs: [{ ...leg, balance: leg.amount }] },
  ],
  partyBalances: async () => ({ balances: [{ ...leg, account: 'paid:seller:seller-1' }], open: [], openTotal: 0 }),
  trialBalance: async () => [
    { kind: 'held:contract', asset: 'bsc:USDT', amount: leg.amount },
    { kind: 'buyer', asset: 'bsc:USDT', amount: -leg.amount },
  ],
};
const parts: Partial<AppDeps> = {
  ledger,
  gateway: {
    checksum: (address) => address,
    networks: () => offered,
    network: (name) => offered.find((entry) => entry.name === name) ?? null,
  },
  apiKeys: { list: async () => [key] },
  checks: { mongodb: async () => undefined, chain: async () => undefined },
  development: {
    listCoins: async () => ['BNB-USDT'],
    deliver: async () => ({ status: 202, body: '{"success":true}' }),
  },
  paymentReports: {
    sums: async () => [
      { direction: 'in', network: 'bsc', token: 'USDT', status: 'completed', count: 3, amount: 300n * ether },
    ],
    async *each() {
      yield [recorded(paid)];
    },
  },
  reports: {
    newest: async () => [
      {
        ...{ night: '2026-11-21', startedAtMs: nowMs, finishedAtMs: nowMs + 1_000 },
        networks: [{ network: 'bsc', block: 12, addresses: 3 }],
        rows: [
          {
            ...{ comparison: 'treasury', asset: 'bsc:USDT', outcome: 'agrees', reason: 'equal', decimals: 18 },
            ...{ expected: 99n * ether, found: 99n * ether, difference: 0n },
          },
        ],
      },
    ],
  },
  metrics: { text: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'holdfast_up 1\n' }) },
};

/** The app with one trade of buyer-1 and seller-1, a payout of it, and use cases that answer what the examples show. */
export function exampleWorld(): World {
  const world = standIn({ commands, deps: parts });
  world.requests.set('request-1', purchaseRequest());
  world.offers.push(sellerOffer());
  world.payments.set(paymentId, recorded(paid));
  world.payments.set(otherPaymentId, recorded(payoutState()));
  const created = eventEffect(1, 0, { name: 'payment.created' });
  world.transitions.push(
    transition(1, { effects: [created] }),
    transition(2, { kind: 'transferConfirmed', to: 'completed', state: paid }),
  );
  return world;
}
