import { claim } from '../../domain/claim.ts';
import { externalIdOf } from '../../domain/externalId.ts';
import { blankInvoice } from '../../domain/invoice.ts';
import { formatAmount } from '../../domain/money.ts';
import type { IntentFacts } from '../../domain/signal.ts';
import type { Rail } from '../../domain/state.ts';
import { buildTerms, termsProblem } from '../../domain/terms.ts';
import { AppError } from '../../errors.ts';
import type { ChainReader, EscrowGateway } from '../../ports/outside.ts';
import type { Clock, Ids, Policy, TransitionStore } from '../../ports.ts';
import type { Trade } from './trade.ts';

export interface IntentFactsDeps {
  readonly store: Pick<TransitionStore, 'claimant'>;
  readonly gateway: EscrowGateway;
  readonly chain: ChainReader;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly policy: Policy;
}

const dayMs = 86_400_000;
/** A treasury that lost its seat may be in strange hands: for this long new payments may still name it, so that not each of them asks a node. */
const seatAgeMs = 60_000;

/** How long after its opening a payment is watched: until it expires, and then as long as late money is looked for. */
export const watchMs = ({ intentTtlMinutes, monitoringDays }: Policy) =>
  intentTtlMinutes * 60_000 + monitoringDays * dayMs;

/** Below half a token SHKeeper never sweeps what arrived. */
const smallest = (decimals: number) => 10n ** BigInt(decimals) / 2n;

function termsOf({ policy, gateway, clock }: IntentFactsDeps, trade: Trade, ref: string) {
  const { request, offer, network } = trade;
  const now = clock.now();
  const expiresAtMs = (Math.floor(now / 1000) + policy.intentTtlMinutes * 60) * 1000;
  const built = buildTerms({
    tokenAddress: trade.asset.tokenAddress,
    price: trade.price,
    expiresAtMs,
    buyerWallet: request.buyerWallet,
    payoutAddress: offer.payoutAddress,
    refundTo: request.refundTo,
    treasury: network.treasury,
    refundWallet: network.refundWallet,
    deliverDays: policy.deliverDays,
    inspectionDays: policy.inspectionDays,
    feeBps: policy.feeBps,
    disputeSellerBps: policy.disputeSellerBps,
    ref,
  });
  const bounds = { escrow: network.escrow, feeCap: network.feeCapBps, nowSeconds: Math.floor(now / 1000) };
  const problem = termsProblem(built.terms, bounds);
  if (problem !== null) {
    throw new AppError('validation_failed', `The escrow would refuse this payment: ${problem}.`, {
      details: { problem },
    });
  }
  return { ...built, ...gateway.identify(network.name, built.terms), expiresAtMs };
}

/** Which address of a trade belongs to another payment: money sent there would be booked as that payment's. */
export async function takenAddress(
  { store }: Pick<IntentFactsDeps, 'store'>,
  { request, offer, network }: Trade,
): Promise<string | null> {
  const named = { payoutAddress: offer.payoutAddress, refundTo: request.refundTo, buyerWallet: request.buyerWallet };
  const taken = await Promise.all(
    Object.entries(named).map(async ([field, address]) => {
      if (address === null) return null;
      const holder = await store.claimant(claim.address(network.chainId, address));
      return holder === null ? null : field;
    }),
  );
  return taken.find((field) => field !== null) ?? null;
}

/** Refuses a payment that the provider would never sweep. */
export function refuseDust({ price, asset }: Trade): void {
  if (price >= smallest(asset.decimals)) return;
  throw new AppError('validation_failed', `The smallest payment is 0.5 ${asset.token}.`, {
    details: { field: 'amount' },
  });
}

/** Refuses a trade whose address of this field belongs to another payment. */
export function refuseTaken(field: string | null): void {
  if (field === null) return;
  throw new AppError('validation_failed', `${field} is an address of another payment; name a wallet of your own.`, {
    details: { field },
  });
}

/** Freezes everything a payment is made of, before anything of it is shown. */
export async function freezeIntent(
  deps: IntentFactsDeps,
  trade: Trade,
  extra: { readonly claimNumber: number; readonly metadata: string | null; readonly rail: Rail },
): Promise<{ readonly paymentId: string; readonly intent: IntentFacts }> {
  const { gateway, ids, policy } = deps;
  const { request, offer, asset, price } = trade;
  const paymentId = ids.payment();
  const [network, { number: headBlock }] = await Promise.all([
    gateway.networkNow(trade.network.name, seatAgeMs),
    deps.chain.head(trade.network.name),
  ]);
  const frozen = termsOf(deps, { ...trade, network }, gateway.ref(paymentId, ids.randomBits()));
  const invoice = () =>
    blankInvoice({
      externalId: externalIdOf(paymentId),
      coin: trade.coin,
      amount: formatAmount(price, asset.decimals),
      callbackUrl: policy.callbackUrls.invoice,
      hotWallet: network.shkeeperHotWallet,
    });
  const intent: IntentFacts = {
    ...extra,
    ...frozen,
    marketplaceId: request.marketplaceId,
    requestId: request.id,
    offerId: offer.id,
    buyerId: request.buyerId,
    sellerId: offer.sellerId,
    asset,
    price,
    watchUntilMs: frozen.expiresAtMs + policy.monitoringDays * dayMs,
    headBlock,
    provider: extra.rail === 'shkeeper' ? invoice() : null,
  };
  return { paymentId, intent };
}
