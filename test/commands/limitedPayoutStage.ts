import { createApprovePayout } from '../../server/commands/approvePayout.ts';
import { createOpenPayout } from '../../server/commands/openPayout.ts';
import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { payoutLimitsOf } from '../../server/config/payouts.ts';
import { sourceAccount } from '../../server/domain/disbursement.ts';
import { decide } from '../../server/domain/payment.ts';
import type { PayoutSource } from '../../server/domain/signal.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { AppError } from '../../server/errors.ts';
import type { EscrowGateway } from '../../server/ports/outside.ts';
import type { Actor } from '../../server/ports.ts';
import { createStore, type Store } from '../../server/store/createStore.ts';
import { buildState, buildTransition, createTestLogger, randomIds } from '../support/factories.ts';
import { openTestStore } from '../support/mongo.ts';

export const admin: Actor = { userId: 'an-admin', role: 'admin' };
export const key: Actor = { userId: `hfk_${'a1'.repeat(12)}`, role: 'admin' };
export const wallet = (digit: string) => `0x${digit.repeat(40)}`;
export const tokens = (amount: number) => BigInt(amount) * 10n ** 18n;
export const hour = 3_600_000;
export const limits = { PAYOUT_MOST: '100', PAYOUT_MOST_PER_DAY: '150', PAYOUT_KEY_DESTINATIONS: [wallet('5')] };

/** A payment with the account that a payout of it leaves from. */
export interface Owing {
  readonly state: PaymentState;
  readonly from: PayoutSource;
}

/** Reads no more than this of a network; what a payout needs to know is in its payment. */
const gateway = {
  parseAddress: (text: string) => (/^0x[0-9a-f]{40}$/i.test(text) ? text.toLowerCase() : null),
  network: () => ({
    ...{ name: 'bsc', chainId: 56, tokens: [], escrow: wallet('a'), treasury: wallet('b') },
    ...{ refundWallet: wallet('c'), shkeeperHotWallet: wallet('d') },
  }),
} as unknown as EscrowGateway;

/** The code of a refusal, or `paid`. */
export const outcome = (payout: Promise<object>): Promise<string> =>
  payout.then(
    () => 'paid',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

/** Payouts of an admin out of payments on the real store, as two processes open them; nothing is sent. */
export async function openPayoutStage() {
  const opened = await openTestStore();
  const second = await createStore({ uri: opened.uri });
  let nowMs = 1_800_000_000_000;
  const clock = { now: () => nowMs };

  return {
    opened,
    first: opened.store,
    second,
    advance: (ms: number) => {
      nowMs += ms;
    },
    over({ transitions, hints, digest, payoutApprovals }: Store, payoutLimits = payoutLimitsOf(limits)) {
      const shared = { clock, ids: randomIds, logger: createTestLogger().logger, crash: () => {}, wakeRelay: () => {} };
      const coordinator = createPaymentCoordinator({ ...shared, transitions, hints, decide, digest });
      return createOpenPayout({ ...shared, store: transitions, coordinator, gateway, payoutLimits, payoutApprovals });
    },
    approving: ({ transitions, payoutApprovals }: Store) =>
      createApprovePayout({ store: transitions, payoutApprovals, clock }),
    /** A payment of which a party is owed 1,000. */
    async owing(
      party: 'seller' | 'buyer',
      own: Partial<PaymentState> = {},
      from: PayoutSource = `owed:${party}`,
    ): Promise<Owing> {
      const over = party === 'seller' ? { status: 'released', released: 1n } : { status: 'refunded' };
      const state = buildState({ ...over, funded: true, sellerIsPlatform: true, ...own } as Partial<PaymentState>);
      const account = sourceAccount(state, from);
      const owed = { ...state, balances: [{ account, asset: 'bsc:USDT', amount: tokens(1_000) }] };
      await opened.store.transitions.append([buildTransition({ paymentId: state.id, state: owed })]);
      return { state: owed, from };
    },
    order: (of: Owing, amount: number, more: object = {}) => ({
      ...{ actor: admin, paymentId: of.state.id, from: of.from, amount: tokens(amount), destination: wallet('4') },
      ...more,
    }),
    async payoutsOf({ state }: Owing) {
      const tail = await opened.store.transitions.tail(state.id);
      return tail?.state.direction === 'in' ? tail.state.payouts.map(({ amount }) => amount) : [];
    },
    async close() {
      await second.close();
      await opened.close();
    },
  };
}

export type PayoutStage = Awaited<ReturnType<typeof openPayoutStage>>;
