import { claim } from '../domain/claim.ts';
import { heldTotal } from '../domain/facts.ts';
import { account, assetName, balanceOf } from '../domain/ledger.ts';
import type { PaymentState } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Queries } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';
import { readAmount } from './rules/amount.ts';
import { offeredAsset } from './rules/asset.ts';

export interface AdminPayoutDeps {
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

/**
 * Pays what the platform owes the seller of a request to a wallet that an admin names, by the provider that sends all payouts: the server has no key of its
 * own. Money in the escrow contract cannot be paid like that, and its admin is told what to do instead.
 */
export function createAdminPayout({ queries, gateway, paySeller }: AdminPayoutDeps) {
  async function payable(requestId: string, asset: string): Promise<PaymentState> {
    const { items } = await queries.payments({ requestId, direction: 'in' }, looked);
    const states = items.flatMap(({ state }) =>
      state.direction === 'in' && assetName(state.asset) === asset ? [state] : [],
    );
    const owing = states.find(
      (state) => balanceOf(state.balances, account.owedSeller(state.sellerId, state.id), asset) > 0n,
    );
    // A payout that was made already answers its repeat.
    const found = owing ?? states.find(({ payouts }) => payouts.length > 0);
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

  return async function adminPayout(input: AdminPayoutInput) {
    demandAdmin(input.actor);
    const { asset } = offeredAsset(gateway, input.network, input.currency);
    const base = readAmount(input.amount, asset.decimals, 'amount');
    const payment = await payable(input.purchaseRequestId, assetName(asset));
    // Without a key of the caller's the same order is the same payout, whoever repeats it; one that failed may be ordered again.
    const failed = payment.payouts.filter(({ outcome }) => outcome === 'failed').length;
    const order = `${payment.id}:${assetName(asset)}:${base}:${input.receiverWalletAddress.toLowerCase()}:${failed}`;
    return paySeller({
      ...{ actor: input.actor, purchaseRequestId: payment.requestId, sellerOfferId: payment.offerId },
      ...{ buyerId: payment.buyerId, sellerId: payment.sellerId, amount: input.amount },
      ...{ recipientAddress: input.receiverWalletAddress, token: asset.token, network: asset.network },
      idempotencyClaim: input.idempotencyClaim ?? claim.idempotency('every-admin', route, order),
    });
  };
}
