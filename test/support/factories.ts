import { randomBytes, randomUUID } from 'node:crypto';
import { decide } from '../../server/domain/payment.ts';
import type { IntentFacts, SignalOf } from '../../server/domain/signal.ts';
import type { PaymentState, Transfer } from '../../server/domain/state.ts';
import type { PurchaseRequest, SellerOffer } from '../../server/domain/trade.ts';
import { type EffectBody, effectKey, type Transition, transitionId } from '../../server/domain/transition.ts';
import type { Ids, Logger } from '../../server/ports.ts';
import { digest } from '../../server/store/codec.ts';
import { addresses, asset, intent, transfer } from '../domain/factories.ts';
import { heard } from './canaries.ts';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** Identifiers like the server's own. */
export const randomIds: Ids = { payment: () => hex(12), attempt: () => randomUUID(), randomBits: () => hex(16) };

/** A logger that keeps what was said, for tests that assert on it. */
export function createTestLogger() {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { logger: heard(logger), lines };
}

/** The signal that opens a payment nobody else shares anything with. */
export function buildIntentSignal(overrides: Partial<IntentFacts> = {}): SignalOf<'intentOpened'> {
  const facts = intent({
    requestId: `request-${hex(6)}`,
    offerId: `offer-${hex(6)}`,
    buyerId: `buyer-${hex(4)}`,
    sellerId: `seller-${hex(4)}`,
    termsId: `0x${hex(32)}`,
    vault: `0x${hex(20)}`,
    ...overrides,
  });
  const provider = facts.provider === null ? null : { ...facts.provider, externalId: `AMN_${hex(12)}` };
  return { kind: 'intentOpened', intent: { ...facts, provider, ...overrides } };
}

/** A transfer into the vault of an intent, in a transaction of its own. */
export function buildTransfer(to: { vault: string }, amount: bigint, overrides: Partial<Transfer> = {}): Transfer {
  return transfer(amount, { receiver: to.vault, txHash: `0x${hex(32)}`, ...overrides });
}

/** The state that the opening of an intent leaves behind. */
export function openedState(signal: SignalOf<'intentOpened'>, paymentId: string, nowMs: number): PaymentState {
  const context = { paymentId, nowMs, seq: 1, lostClaims: new Set<string>(), actor: 'test' };
  const decision = decide(null, signal, context);
  if (decision.outcome !== 'change' || decision.state.direction !== 'in') throw new Error('the intent was not opened');
  return decision.state;
}

/** A pending payment's state, as an opening leaves it behind, but for what is overridden. */
export function buildState(overrides: Partial<PaymentState> = {}): PaymentState {
  return { ...openedState(buildIntentSignal(), hex(12), 1_800_000_000_000), ...overrides };
}

type TransitionOverrides = Partial<Omit<Transition, 'effects'>> & { effects?: readonly EffectBody[] };

/** A balanced transition of a payment of its own, correctly linked and hashed. */
export function buildTransition(overrides: TransitionOverrides = {}): Transition {
  const paymentId = overrides.paymentId ?? overrides.state?.id ?? hex(12);
  const seq = overrides.seq ?? 1;
  const { effects = [], ...rest } = overrides;
  const state = overrides.state ?? buildState({ id: paymentId });
  const body = {
    id: transitionId(paymentId, seq),
    paymentId,
    seq,
    from: null,
    to: state.status,
    kind: 'intentOpened' as const,
    atMs: 1_800_000_000_000 + seq,
    actor: 'test',
    claims: [],
    legs: [],
    stateHash: digest(state),
    evidence: {},
    prev: '0'.repeat(64),
    attempt: randomUUID(),
    ...rest,
    state,
    effects: effects.map((effect, n) => ({ ...effect, key: effectKey(paymentId, seq, n) })),
  };
  return { ...body, hash: digest(body) };
}

/** Legs that move `amount` from the buyer to the payment's excess. */
export function buildLegs(paymentId: string, amount: bigint, assetName = `${asset.network}:${asset.token}`) {
  return [
    { account: 'buyer:b', asset: assetName, amount: -amount },
    { account: `excess:contract:${paymentId}`, asset: assetName, amount },
  ];
}

/** An open purchase request. */
export function buildRequest(overrides: Partial<PurchaseRequest> = {}): PurchaseRequest {
  return {
    id: hex(12),
    marketplaceId: 'market',
    buyerId: 'buyer',
    title: 'A chair',
    description: '',
    status: 'open',
    selectedOfferId: null,
    buyerWallet: null,
    refundTo: null,
    createdAtMs: 1_800_000_000_000,
    ...overrides,
  };
}

/** An open offer for a request. */
export function buildOffer(overrides: Partial<SellerOffer> & { requestId: string }): SellerOffer {
  return {
    id: hex(12),
    sellerId: 'seller',
    amount: '100',
    network: asset.network,
    token: asset.token,
    payoutAddress: addresses.seller,
    status: 'open',
    createdAtMs: 1_800_000_000_000,
    ...overrides,
  };
}
