import { account, assetName, balanceOf } from '../domain/ledger.ts';
import type { PaymentState } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Queries, TransitionStore } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';
import { readAmount } from './rules/amount.ts';
import { offeredAsset } from './rules/asset.ts';
import type { OpenPayout } from './rules/payoutOrder.ts';
import { keyReused } from './rules/refusal.ts';

export interface PaySellerDeps {
  readonly store: Pick<TransitionStore, 'claimant'>;
  readonly queries: Pick<Queries, 'payments'>;
  readonly gateway: EscrowGateway;
  readonly openPayout: OpenPayout;
}

export interface PaySellerInput {
  readonly actor: Actor;
  readonly purchaseRequestId: string;
  readonly sellerOfferId: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly amount: string;
  readonly recipientAddress: string;
  readonly token?: string | undefined;
  readonly network?: string | undefined;
  readonly idempotencyClaim?: string | undefined;
}

/** Payments of one request that are looked through; a request is funded once, the rest are attempts. */
const looked = { limit: 100, order: 'newestFirst', offset: 0, after: null } as const;

/** Pays a seller what the ledger owes him; only what the treasury received for exactly this trade (design §2). */
export function createPaySeller(deps: PaySellerDeps) {
  async function owing(input: PaySellerInput, asset: string): Promise<PaymentState> {
    const { purchaseRequestId: requestId, buyerId, sellerId } = input;
    const { items } = await deps.queries.payments({ requestId, buyerId, sellerId, direction: 'in' }, looked);
    const ofOffer = items.flatMap(({ state }) =>
      state.direction === 'in' && state.offerId === input.sellerOfferId ? [state] : [],
    );
    // A key's first answer is given again although nothing is owed any more, or something elsewhere.
    const key = input.idempotencyClaim;
    const paidBefore = key === undefined ? null : await deps.store.claimant(key);
    const payment =
      paidBefore === null
        ? ofOffer.find((state) => balanceOf(state.balances, account.owedSeller(sellerId, state.id), asset) > 0n)
        : ofOffer.find(({ id }) => id === paidBefore.paymentId);
    if (payment) return payment;
    if (paidBefore !== null) throw keyReused('another payout');
    throw new AppError('amount_exceeds_balance', 'Nothing is owed to this seller for this request.');
  }

  return async function paySeller(
    input: PaySellerInput,
  ): Promise<{ readonly payoutId: string; readonly taskId: string; readonly status: string }> {
    demandAdmin(input.actor);
    const { asset } = offeredAsset(deps.gateway, input.network ?? 'bsc', input.token ?? 'USDT');
    const amount = readAmount(input.amount, asset.decimals, 'amount');
    const payment = await owing(input, assetName(asset));
    const { payoutId, externalId, status } = await deps.openPayout({
      actor: input.actor,
      paymentId: payment.id,
      from: 'owed:seller',
      amount,
      destination: input.recipientAddress,
      idempotencyClaim: input.idempotencyClaim,
    });
    // The provider's own task id comes later and may never come; the external id finds the payout from the start.
    return { payoutId, taskId: externalId, status };
  };
}
