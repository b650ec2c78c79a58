import { claim } from '../domain/claim.ts';
import { heldTotal } from '../domain/facts.ts';
import { account, assetName, balanceOf } from '../domain/ledger.ts';
import type { PaymentState, PayoutReservation } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Queries, TransitionStore } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';
import { readAmount } from './rules/amount.ts';
import { offeredAsset } from './rules/asset.ts';
import { incoming } from './rules/refusal.ts';

export interface AdminPayoutDeps {
  readonly store: Pick<TransitionStore, 'tail'>;
  readonly queries: Pick<Queries, 'payments'>;
  readonly gateway: EscrowGateway;
  readonly paySeller: (input: {
    readonly actor: Actor;
    readonly purchaseRequestId: string;
    readonly sellerOfferId: string;
    readonly buyerId: string;
    readonly sellerId: string;
    readonly amount: string;
    readonly recipientAddress: string;
    readonly token: string;
    readonly network: string;
    readonly idempotencyClaim: string;
  }) => Promise<{ readonly payoutId: string; readonly taskId: string; readonly status: string }>;
}

export interface AdminPayoutInput {
  readonly actor: Actor;
  readonly purchaseRequestId: string;
  readonly receiverWalletAddress: string;
  readonly amount: string;
  readonly currency: string;
  readonly network: string;
  readonly idempotencyClaim?: string | undefined;
}

/** Payments of one request that are looked through; a request is funded once, the rest are attempts. */
const looked = { limit: 100, order: 'newestFirst', offset: 0, after: null } as const;
const route = 'POST /api/payment/decentralized/admin-payout';

/** What makes two orders without a key the same order; the payment belongs to it as well. */
interface Order {
  readonly base: bigint;
  readonly destination: string;
}

const isOf =
  ({ base, destination }: Order) =>
  (payout: PayoutReservation) =>
    payout.amount === base && payout.destination.toLowerCase() === destination;

/**
 * Pays what the platform owes the seller of a request to a wallet that an admin names, by the provider that sends all payouts: the server has no key of its
 * own. Money in the escrow contract cannot be paid like that, and its admin is told what to do instead.
 */
export function createAdminPayout({ store, queries, gateway, paySeller }: AdminPayoutDeps) {
  async function payable(requestId: string, asset: string, order: Order, keyed: boolean): Promise<PaymentState> {
    const { items } = await queries.payments({ requestId, direction: 'in' }, looked);
    const states = items.flatMap(({ state }) =>
      state.direction === 'in' && assetName(state.asset) === asset ? [state] : [],
    );
    // A payout that was made already answers its repeat, also where another payment of the request owes something by now; under a key the key tells a repeat.
    const answered = keyed
      ? undefined
      : states.find(({ payouts }) => payouts.filter(isOf(order)).some(({ outcome }) => outcome !== 'failed'));
    const owing = states.find(
      (state) => balanceOf(state.balances, account.owedSeller(state.sellerId, state.id), asset) > 0n,
    );
    const found = answered ?? owing ?? states.find(({ payouts }) => payouts.length > 0);
    if (found) return found;
    if (states.length === 0) throw new AppError('not_found', 'There is no payment of this request in this token.');
    const held = states.find((state) => heldTotal(state) > 0n);
    if (held === undefined) throw new AppError('not_funded', 'Nothing is owed to the seller of this request.');
    throw new AppError(
      'amount_exceeds_balance',
      `Nothing of this request is owed outside the escrow; release it by POST /api/payment/shkeeper/${held.id}/release, which pays the seller from the contract.`,
      { details: { paymentId: held.id } },
    );
  }

  /**
   * Without a key of the caller's the same order is the same payout, whoever repeats it. The claim counts the failed payouts of this very order,
   * so each claim stands for one try of it: while a try is open or has succeeded the count stays, and a repeat meets its claim; only a try that
   * was proven dead, whose money is owed again, raises the count. The end of another payout leaves the claim as it is. The count is the log's:
   * a list may still show as failed what has been proven to have arrived. Should a death prove wrong between this reading and the append, its
   * money has left what is owed, and the log books no more than is owed whatever the claim.
   */
  async function claimOf(paymentId: string, asset: string, order: Order): Promise<string> {
    const { payouts } = incoming((await store.tail(paymentId))?.state);
    const failed = payouts.filter(isOf(order)).filter(({ outcome }) => outcome === 'failed').length;
    return claim.idempotency(
      'every-admin',
      route,
      `${paymentId}:${asset}:${order.base}:${order.destination}:${failed}`,
    );
  }

  return async function adminPayout(input: AdminPayoutInput) {
    demandAdmin(input.actor);
    const { asset } = offeredAsset(gateway, input.network, input.currency);
    const base = readAmount(input.amount, asset.decimals, 'amount');
    const order = { base, destination: input.receiverWalletAddress.toLowerCase() };
    const payment = await payable(
      input.purchaseRequestId,
      assetName(asset),
      order,
      input.idempotencyClaim !== undefined,
    );
    return paySeller({
      ...{ actor: input.actor, purchaseRequestId: payment.requestId, sellerOfferId: payment.offerId },
      ...{ buyerId: payment.buyerId, sellerId: payment.sellerId, amount: input.amount },
      ...{ recipientAddress: input.receiverWalletAddress, token: asset.token, network: asset.network },
      idempotencyClaim: input.idempotencyClaim ?? (await claimOf(payment.id, assetName(asset), order)),
    });
  };
}
