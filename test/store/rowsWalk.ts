import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { decide } from '../../server/domain/payment.ts';
import { requestedMachine } from '../../server/domain/payoutMachine.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { Store } from '../../server/store/createStore.ts';
import * as f from '../domain/factories.ts';
import { createTestLogger } from '../support/factories.ts';

/** The logs whose rows are kept: two payments, the record of a payout, and money of nobody. */
export const logs = {
  released: 'a'.repeat(24),
  open: 'b'.repeat(24),
  payout: 'c'.repeat(24),
  suspense: 'suspense-bsc-usdt',
} as const;

const place = (n: number) => ({ txHash: f.txHash(n), blockNumber: 1_000 + n, blockHash: f.txHash(1_000 + n) });
const machine = requestedMachine({
  ...{ externalId: `${logs.released}-9-0`, coin: 'BNB-USDT', wallet: f.addresses.hotWallet },
  ...{ destination: f.addresses.refundTo, amount: 5n, callbackUrl: 'https://example.org/payout' },
  requestedAtMs: f.startMs,
});
/** Of the payment that is open. */
export const openVault = `0x${'a'.repeat(40)}`;
const openIntent = f.intent({
  ...{
    rail: 'web3',
    provider: null,
    requestId: 'request2',
    offerId: 'offer2',
    termsId: f.txHash(2),
    vault: openVault,
    metadata: 'kept',
  },
});
const trade = { requestId: 'request', offerId: 'offer', buyerId: 'buyer1', sellerId: 'seller1', asset: f.asset };

/** Every kind of leg, claim, effect and machine that a whole life brings, in the order in which it is told. */
const walk: readonly (readonly [keyof typeof logs, Signal])[] = [
  ['released', f.opened],
  ['released', f.addressGiven],
  ['released', { kind: 'hintGiven', hint: f.txHash(1) }],
  ['released', { kind: 'providerReported', report: f.report() }],
  ['released', { kind: 'transferSeen', transfer: f.transfer(105n, { ...place(1), ...f.toProvider }) }],
  ['released', { kind: 'transferConfirmed', transfer: f.transfer(105n, { ...place(1), ...f.toProvider }) }],
  ['released', f.forwardRequested],
  ['released', { kind: 'payoutUnknown', slot: 3, head: 1_002 }],
  ['released', { kind: 'payoutSubmitted', taskId: 'task' }],
  ['released', { kind: 'payoutReported', stage: 'broadcast', txHash: f.txHash(3), walletNonce: 5, reason: null }],
  ['released', { kind: 'forwardConfirmed', transfer: f.transfer(100n, { ...place(3), ...f.fromHotWallet }) }],
  ['released', f.prepared(100n, 0n)],
  [
    'released',
    { kind: 'settlementSigned', digest: 'digest-100-0', index: 0, signer: f.addresses.payer, signature: '0x' },
  ],
  ['released', f.settled(100n, 0n)],
  ['open', { kind: 'intentOpened', intent: openIntent }],
  ['open', { kind: 'transferConfirmed', transfer: f.transfer(60n, { ...place(4), receiver: openVault }) }],
  [
    'payout',
    {
      kind: 'payoutOpened',
      payout: { ...trade, marketplaceId: 'market', source: { paymentId: logs.released, n: 1 }, amount: 5n, machine },
    },
  ],
  ['payout', { kind: 'payoutUnknown', slot: 4, head: 1_005 }],
  [
    'suspense',
    {
      kind: 'strayReceived',
      transfer: f.transfer(7n, { ...place(6), receiver: f.addresses.escrow }),
      asset: f.asset,
      marketplaceId: 'market',
    },
  ],
];

/** Tells the walk to a coordinator without chance: its clock goes on by a second each time, its attempts are numbered. */
export async function tellWalk(store: Store): Promise<void> {
  let told = 0;
  const coordinator = createPaymentCoordinator({
    ...{ transitions: store.transitions, decide, digest: store.digest, logger: createTestLogger().logger },
    ...{ clock: { now: () => f.startMs + told * 1_000 }, ids: { attempt: () => `attempt-${told}` } },
    ...{ crash: () => {}, wakeRelay: () => {}, pause: () => Promise.resolve() },
  });
  for (const [log, signal] of walk) {
    told += 1;
    const evidence = { rawBody: Buffer.from(`body ${told}`).toString('base64') };
    const { outcome } = await coordinator.observe(logs[log], signal, { actor: 'rows', evidence });
    if (outcome !== 'changed') throw new Error(`${told}: ${signal.kind} was ${outcome}`);
    await store.copied();
  }
}
