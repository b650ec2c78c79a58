import { excessAt, heldBy, openForward } from '../domain/facts.ts';
import { account, assetName, balanceOf } from '../domain/ledger.ts';
import type { PayoutSource } from '../domain/signal.ts';
import type { PaymentState } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Queries, TransitionStore } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';
import { readAmount } from './rules/amount.ts';
import { offeredAsset } from './rules/asset.ts';
import type { OpenPayout } from './rules/payoutOrder.ts';
import { keyReused } from './rules/refusal.ts';

type Party = 'seller' | 'buyer';

export interface PaySellerDeps {
  readonly store: Pick<TransitionStore, 'claimant' | 'tail'>;
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
  /** The seller unless the buyer is named. */
  readonly owedTo?: Party | undefined;
  readonly amount: string;
  readonly recipientAddress: string;
  readonly token?: string | undefined;
  readonly network?: string | undefined;
  readonly idempotencyClaim?: string | undefined;
}

/** Payments of one request that are looked through; a request is funded once, the rest are attempts. */
const looked = { limit: 100, order: 'newestFirst', offset: 0, after: null } as const;

/** What is owed to a party, by the account it is paid out of; the first comes first. */
function owedFrom(state: PaymentState, owedTo: Party): readonly (readonly [PayoutSource, bigint])[] {
  const { sellerId, buyerId, id, status } = state;
  const balance = (name: string) => balanceOf(state.balances, name, assetName(state.asset));
  if (owedTo === 'seller') return [['owed:seller', balance(account.owedSeller(sellerId, id))]];
  // A refund cannot send this anywhere: the terms name no address of the buyer's. While the payment is open it may still become the price.
  const isOver = state.refundIsPlatform && status !== 'pending' && status !== 'processing';
  // The price is the vault's until its forward is dead.
  const isStuck = state.refundIsPlatform && status === 'completed' && state.forwardDead && openForward(state) === null;
  return [
    ['owed:buyer', balance(account.owedBuyer(buyerId, id))],
    ['excess:provider', isOver ? excessAt(state, 'provider') : 0n],
    ['held:provider', isStuck ? heldBy(state, 'provider') : 0n],
  ];
}

/** The account that a party is paid out of, one that holds enough if there is one; null while nothing is owed to him. */
function sourceOf(state: PaymentState, owedTo: Party, amount: bigint): PayoutSource | null {
  const owed = owedFrom(state, owedTo).filter(([, there]) => there > 0n);
  return (owed.find(([, there]) => there >= amount) ?? owed[0])?.[0] ?? null;
}

const isOf = (state: PaymentState, { purchaseRequestId, sellerOfferId, buyerId, sellerId }: PaySellerInput) =>
  state.requestId === purchaseRequestId &&
  state.offerId === sellerOfferId &&
  state.buyerId === buyerId &&
  state.sellerId === sellerId;

/**
 * Pays a seller without a payout address what the treasury received for exactly this trade, or a buyer without a refund address what came
 * back to the platform for him or lies at the provider. An admin names where to.
 */
export function createPaySeller(deps: PaySellerDeps) {
  /** The payment that a key paid out of: its first answer is given again although nothing is owed any more, or something elsewhere. */
  async function paidBy(key: string, input: PaySellerInput): Promise<PaymentState | null> {
    const claimed = await deps.store.claimant(key);
    if (claimed === null) return null;
    // Its log: a list may lack the row for a while, and leaves out what a newer version wrote.
    const state = (await deps.store.tail(claimed.paymentId))?.state;
    if (state?.direction !== 'in' || !isOf(state, input)) throw keyReused('another payout');
    return state;
  }

  async function owing(input: PaySellerInput, asset: string, amount: bigint): Promise<PaymentState> {
    const { purchaseRequestId: requestId, buyerId, sellerId, owedTo = 'seller' } = input;
    const { items } = await deps.queries.payments({ requestId, buyerId, sellerId, direction: 'in' }, looked);
    const owed = items
      .flatMap(({ state }) => (state.direction === 'in' ? [state] : []))
      .find(
        (state) => isOf(state, input) && assetName(state.asset) === asset && sourceOf(state, owedTo, amount) !== null,
      );
    if (owed) return owed;
    throw new AppError('amount_exceeds_balance', 'Nothing is owed to this party for this request.');
  }

  return async function paySeller(
    input: PaySellerInput,
  ): Promise<{ readonly payoutId: string; readonly taskId: string; readonly status: string }> {
    demandAdmin(input.actor);
    const { asset } = offeredAsset(deps.gateway, input.network ?? 'bsc', input.token ?? 'USDT');
    const amount = readAmount(input.amount, asset.decimals, 'amount');
    const { owedTo = 'seller', idempotencyClaim: key } = input;
    const paid = key === undefined ? null : await paidBy(key, input);
    const payment = paid ?? (await owing(input, assetName(asset), amount));
    const { payoutId, externalId, status } = await deps.openPayout({
      actor: input.actor,
      paymentId: payment.id,
      from: sourceOf(payment, owedTo, amount) ?? `owed:${owedTo}`,
      amount,
      destination: input.recipientAddress,
      idempotencyClaim: key,
    });
    // The provider's own task id comes later and may never come; the external id finds the payout from the start.
    return { payoutId, taskId: externalId, status };
  };
}
