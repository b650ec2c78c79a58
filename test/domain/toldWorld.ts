import { canForward, heldBy } from '../../server/domain/facts.ts';
import { assetName } from '../../server/domain/ledger.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import type { Change } from '../../server/domain/transition.ts';
import * as f from './factories.ts';
import { insist } from './insist.ts';
import { createLogs, expectRepeatChangesNothing, type Logs, observe } from './log.ts';
import type { ModelPayment } from './modelPayment.ts';
import { compareBooks, placeOfAccount, platformPlace } from './places.ts';

type Place = 'vault' | 'pool' | 'provider' | 'treasury' | 'refunds';

/** The asset of the trades of this world. */
export const own = assetName(f.asset);

/** The logs of a few payments, what they are told, and where their money really lies. */
export class ToldWorld {
  readonly logs: Logs = createLogs();
  readonly payments: readonly ModelPayment[];
  /** Real money by place, payment (vault and pool) and asset; the provider's wallet has a float, so it may go below zero. */
  readonly money = new Map<string, bigint>();
  /** What the books left to the platform or wrote off, by the place where it is missing or left over. */
  readonly adjusted = new Map<string, bigint>();
  nowMs = f.onTimeMs;
  transactions = 0;
  slots = 0;

  constructor(traits: readonly { readonly sellerIsPlatform: boolean; readonly refundIsPlatform: boolean }[]) {
    this.payments = traits.map((trait, index) => this.open(index, trait));
  }

  private open(index: number, trait: { sellerIsPlatform: boolean; refundIsPlatform: boolean }): ModelPayment {
    const id = `payment${index}`;
    const address = (n: number) => `0x${(index * 16 + n).toString(16).padStart(40, 'f')}`;
    const payment: ModelPayment = {
      id,
      vault: address(1),
      oneTime: address(2),
      termsId: f.txHash(5_000_000 + index),
      contract: { status: 'none', seq: 0, remaining: 0n, released: 0n, credits: [] },
      queue: [],
      orphans: [],
      payloads: [],
      sent: new Set(),
    };
    // the first two payments compete for one request
    const requestId = index < 2 ? 'shared' : `request${index}`;
    const facts = f.intent({ ...trait, requestId, vault: payment.vault, termsId: payment.termsId, claimNumber: index });
    observe(this.logs, id, { kind: 'intentOpened', intent: facts }, this.nowMs);
    observe(this.logs, id, { ...f.addressGiven, address: payment.oneTime } as Signal, this.nowMs);
    return payment;
  }

  state(payment: ModelPayment): PaymentState {
    const state = this.logs.states.get(payment.id)?.state;
    if (state?.direction !== 'in') throw new Error(`${payment.id} is no payment`);
    return state;
  }

  private key(place: Place, payment: ModelPayment, asset: string): string {
    return place === 'vault' || place === 'pool' ? `${place} ${payment.id} ${asset}` : `${place} ${asset}`;
  }
  has(place: Place, payment: ModelPayment, asset = own): bigint {
    return this.money.get(this.key(place, payment, asset)) ?? 0n;
  }
  put(place: Place, payment: ModelPayment, amount: bigint, asset = own): void {
    this.money.set(this.key(place, payment, asset), this.has(place, payment, asset) + amount);
  }

  /** Tells the log a signal, twice, and notes what it left to the platform. */
  tell(payment: ModelPayment, signal: Signal): Change | null {
    const before = this.state(payment);
    const change = observe(this.logs, payment.id, signal, this.nowMs);
    if (change !== null) {
      this.noteAdjustments(payment, before, signal, change);
      this.expectHandled(payment, before, signal, change);
    }
    // a write-off has no fact of its own that could repeat; the caller's idempotency claim guards it
    if (signal.kind !== 'writtenOff') expectRepeatChangesNothing(this.logs, payment.id, signal, this.nowMs);
    return change;
  }

  /** What the platform covers calls a person, and provider money that joined the price is sent on. */
  private expectHandled(payment: ModelPayment, before: PaymentState, signal: Signal, change: Change): void {
    const state = this.state(payment);
    const covered = change.legs.some((leg) => leg.account === 'platform' && leg.amount < 0n);
    if (covered && signal.kind !== 'refundedLater') insist('a person is called', state.flags.includes('manual'), true);
    const known = canForward(before) && heldBy(state, 'provider') <= heldBy(before, 'provider');
    // after a dead forward an admin decides
    if (known || state.forwardDead || !canForward(state)) return;
    insist(
      'the forward is asked for',
      change.effects.some((effect) => effect.type === 'requestForward'),
      true,
    );
  }

  /** Tells the log the oldest thing of this payment it has not heard. */
  deliver(payment: ModelPayment): void {
    const signal = payment.queue.shift();
    if (signal !== undefined) this.tell(payment, signal);
  }

  private adjust(place: string, asset: string, amount: bigint): void {
    const key = `${place} ${asset}`;
    this.adjusted.set(key, (this.adjusted.get(key) ?? 0n) + amount);
  }

  private noteAdjustments(payment: ModelPayment, before: PaymentState, signal: Signal, change: Change): void {
    for (const leg of change.legs) {
      if (leg.account !== 'platform') continue;
      const place = platformPlace(before, signal, leg.amount);
      if (place !== null) this.adjust(place === 'contract' ? `contract ${payment.id}` : place, leg.asset, leg.amount);
    }
    if (signal.kind !== 'writtenOff') return;
    const place = placeOfAccount(signal.account);
    this.adjust(place === 'contract' ? `contract ${payment.id}` : place, signal.asset, signal.amount);
  }

  /** Compares the books with the money itself; only meaningful when every log has heard everything. */
  expectBooksEqualMoney(): void {
    compareBooks(this.logs.totals, this.adjusted, this.money);
  }
}
