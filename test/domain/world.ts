import { arrivalKey } from '../../server/domain/claim.ts';
import { canForward, heldBy } from '../../server/domain/facts.ts';
import { assetName } from '../../server/domain/ledger.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { Arrival, PaymentState, Transfer } from '../../server/domain/state.ts';
import type { Change } from '../../server/domain/transition.ts';
import * as f from './factories.ts';
import { insist } from './insist.ts';
import { createLogs, expectRepeatChangesNothing, type Logs, observe } from './log.ts';
import type { ModelPayment, Payload } from './modelPayment.ts';
import { compareBooks, placeOfAccount, platformPlace } from './places.ts';

type Side = 'seller' | 'refundTo';
export type Place = 'vault' | 'pool' | 'provider' | 'treasury' | 'refunds';
type Authority = 'anyone' | 'seller' | 'signer';

export const own = assetName(f.asset);
export const wrong = 'bsc:USDC';
const price = 100n;
/** The contract's whole fee on a sum released so far; cumulative, so that splitting a release never changes the total. */
const feeOf = (released: bigint, bps: number) => (released * BigInt(bps)) / 10_000n;

/** A world in which money really lies somewhere, beside logs that only hear of it. */
export class World {
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

  transfer(payment: ModelPayment, amount: bigint, overrides: Partial<Transfer>): Transfer {
    this.transactions += 1;
    const place = { receiver: payment.vault, txHash: f.txHash(6_000_000 + this.transactions), blockTimeMs: this.nowMs };
    return f.transfer(amount, { ...place, ...overrides });
  }

  /** Somebody pays the vault or the one-time address. */
  pay(payment: ModelPayment, amount: bigint, to: 'vault' | 'provider', asset: string): void {
    const receiver = to === 'vault' ? payment.vault : payment.oneTime;
    const tokenAddress = asset === own ? f.addresses.token : f.addresses.otherToken;
    const transfer = this.transfer(payment, amount, { receiver, asset, tokenAddress });
    this.put(to, payment, amount, asset);
    if (amount % 2n === 0n) payment.queue.push({ kind: 'transferSeen', transfer });
    payment.queue.push({ kind: 'transferConfirmed', transfer });
  }

  /** Somebody funds the pool of the contract. */
  fundPool(payment: ModelPayment): void {
    if (payment.contract.status !== 'none') return;
    Object.assign(payment.contract, { status: 'pool', remaining: price });
    this.put('pool', payment, price);
    const transfer = this.transfer(payment, price, { receiver: f.addresses.escrow, termsId: payment.termsId });
    payment.queue.push({ kind: 'transferConfirmed', transfer });
  }

  /** The provider's hot wallet sends into the vault. */
  hotTransfer(
    payment: ModelPayment,
    amount: bigint,
    kind: 'transferConfirmed' | 'forwardConfirmed',
    again?: Arrival,
  ): void {
    this.put('provider', payment, -amount);
    this.put('vault', payment, amount);
    const fields = again === undefined ? f.fromHotWallet : { ...f.fromHotWallet, txHash: again.txHash };
    payment.queue.push({ kind, transfer: this.transfer(payment, amount, fields) });
  }

  /** What a call of the contract cannot touch in the vault. */
  private needed({ contract }: ModelPayment): bigint {
    return (contract.status === 'vault' ? contract.remaining : 0n) + this.credited(contract, 'vault');
  }

  private credited({ credits }: ModelPayment['contract'], place: 'vault' | 'pool'): bigint {
    return credits.reduce((sum, credit) => (credit.place === place ? sum + credit.amount : sum), 0n);
  }

  /** A reorganisation takes a booked arrival out of the chain, as far as nothing that was mined later rests on it. */
  reorganise(payment: ModelPayment, pick: number): void {
    const standing = this.state(payment).arrivals.filter(
      (arrival) => !arrival.reversed && arrival.termsId === undefined,
    );
    const gone = standing[pick % Math.max(1, standing.length)];
    const heard = gone !== undefined && !payment.queue.some((signal) => signal.kind === 'transferOrphaned');
    if (!heard) return;
    const needed = gone.asset === own ? this.needed(payment) : 0n;
    if (gone.custody === 'contract' && this.has('vault', payment, gone.asset) - gone.amount < needed) return;
    this.put(gone.custody === 'contract' ? 'vault' : 'provider', payment, -gone.amount, gone.asset);
    if (gone.purpose !== 'payment') this.put('provider', payment, gone.amount, gone.asset);
    payment.orphans.push(gone);
    payment.queue.push({ kind: 'transferOrphaned', arrivalKey: arrivalKey(gone), epoch: gone.epoch });
  }

  /** A transaction that left the chain is mined again, perhaps with another sum. */
  remine(payment: ModelPayment, amount: bigint): void {
    const gone = payment.orphans.pop();
    if (gone === undefined) return;
    if (gone.purpose !== 'payment') {
      this.hotTransfer(payment, gone.amount, 'transferConfirmed', gone);
      return;
    }
    this.put(gone.custody === 'contract' ? 'vault' : 'provider', payment, amount, gone.asset);
    const { receiver, txHash, tokenAddress, asset } = gone;
    const transfer = this.transfer(payment, amount, { receiver, txHash, tokenAddress, asset });
    payment.queue.push({ kind: 'transferConfirmed', transfer });
  }

  /** The contract executes a settlement that was signed, by whomever. */
  settle(payment: ModelPayment, { toSeller, toBuyer, settleSeq }: Payload): void {
    const { contract } = payment;
    const gross = toSeller + toBuyer;
    const opens = contract.status === 'none' && this.has('vault', payment) >= price;
    if (contract.status === 'closed' || (contract.status === 'none' && !opens) || settleSeq !== contract.seq) return;
    const remaining = opens ? price : contract.remaining;
    const place = contract.status === 'pool' ? 'pool' : 'vault';
    if (gross === 0n || gross > remaining || this.has(place, payment) - this.credited(contract, place) < gross) return;
    contract.seq += 1;
    Object.assign(contract, { status: place, remaining });
    this.giveOut(payment, place, { toSeller, toBuyer, settleSeq });
  }

  /** A timer sends everything back to the buyer's side; it carries the stored sequence. The issuer may have burnt something before. */
  reclaim(payment: ModelPayment, burnt: bigint): void {
    const { contract } = payment;
    const place = contract.status;
    if (place !== 'vault' && place !== 'pool') return;
    if (place === 'vault' && burnt > 0n) {
      // only what the record owes can be short; a surplus would be burnt unseen
      const missing = burnt < contract.remaining ? burnt : contract.remaining;
      if (this.has('vault', payment) !== this.needed(payment)) return;
      this.put('vault', payment, -missing);
      contract.remaining -= missing;
      payment.queue.push({ kind: 'shortfall', movement: this.movement(payment, missing, own) });
    }
    if (this.has(place, payment) - this.credited(contract, place) < contract.remaining) return;
    this.giveOut(payment, place, { toSeller: 0n, toBuyer: contract.remaining, settleSeq: contract.seq });
  }

  private giveOut(payment: ModelPayment, place: 'vault' | 'pool', payload: Payload): void {
    const { contract } = payment;
    const { toSeller, toBuyer, settleSeq } = payload;
    const state = this.state(payment);
    const { feeBps } = state.terms;
    const fee = feeOf(contract.released + toSeller, feeBps) - feeOf(contract.released, feeBps);
    this.transactions += 1;
    // one push in five is not taken; the share stays where it was
    const [sellerTakes, buyerTakes] = [this.transactions % 5 !== 0, this.transactions % 7 !== 0];
    this.put(place, payment, -fee);
    this.put('treasury', payment, fee);
    const credits = [
      ...this.share(payment, place, { side: 'seller', amount: toSeller - fee, taken: sellerTakes }),
      ...this.share(payment, place, { side: 'refundTo', amount: toBuyer, taken: buyerTakes }),
    ];
    contract.remaining -= toSeller + toBuyer;
    contract.released += toSeller;
    if (contract.remaining === 0n) contract.status = 'closed';
    const { termsId } = payment;
    const block = { chainId: 56, termsId, blockNumber: 1100, blockHash: f.txHash(1100) };
    const fact = {
      ...block,
      settleSeq,
      toSeller,
      toBuyer,
      fee,
      credits,
      txHash: f.txHash(7_000_000 + this.transactions),
    };
    if (settleSeq % 2 === 0) payment.queue.push({ kind: 'settlementSeen', fact });
    payment.queue.push({ kind: 'settlementConfirmed', fact });
  }

  /** A share of a payout goes out, or stays as a credit, and is then told beside its settlement. */
  private share(payment: ModelPayment, place: 'vault' | 'pool', part: { side: Side; amount: bigint; taken: boolean }) {
    const { side, amount, taken } = part;
    if (amount === 0n) return [];
    if (taken) {
      this.goOut(payment, place, side, amount);
      return [];
    }
    payment.contract.credits.push({ place, side, amount });
    const logIndex = this.transactions;
    return [{ account: this.state(payment).terms[side].toLowerCase(), amount, inVault: place === 'vault', logIndex }];
  }

  private goOut(payment: ModelPayment, place: 'vault' | 'pool', side: Side, amount: bigint): void {
    const { sellerIsPlatform, refundIsPlatform } = this.state(payment);
    this.put(place, payment, -amount);
    if (side === 'seller' && sellerIsPlatform) this.put('treasury', payment, amount);
    if (side === 'refundTo' && refundIsPlatform) this.put('refunds', payment, amount);
  }

  /** A share that was not taken goes out after all, or a part of it. */
  withdrawCredit(payment: ModelPayment, pick: number): void {
    const { credits } = payment.contract;
    const credit = credits.splice(pick % Math.max(1, credits.length), 1)[0];
    if (credit === undefined) return;
    const { place, side } = credit;
    const amount = pick % 3 === 0 && credit.amount > 1n ? credit.amount / 2n : credit.amount;
    if (amount < credit.amount) credits.push({ ...credit, amount: credit.amount - amount });
    this.goOut(payment, place, side, amount);
    const owner = this.state(payment).terms[side].toLowerCase();
    const movement = this.movement(payment, amount, own);
    payment.queue.push({ kind: 'creditWithdrawn', movement, account: owner, redirected: false });
  }

  movement(payment: ModelPayment, amount: bigint, asset: string) {
    this.transactions += 1;
    const tokenAddress = asset === own ? f.addresses.token : f.addresses.otherToken;
    return { ...f.movement(amount, 1_000_000 + this.transactions), termsId: payment.termsId, asset, tokenAddress };
  }

  /** Somebody calls `recover`: what the record does not need goes back, and everything when the record may close. */
  recover(payment: ModelPayment, asset: string, authority: Authority): void {
    const { contract } = payment;
    const balance = this.has('vault', payment, asset);
    const short = authority === 'signer' && balance < price;
    const closes = asset === own && contract.status === 'none' && (authority === 'seller' || short);
    const needed = asset !== own ? 0n : contract.status === 'none' && !closes ? price : this.needed(payment);
    if (balance <= needed) return;
    this.put('vault', payment, needed - balance, asset);
    if (this.state(payment).refundIsPlatform) this.put('refunds', payment, balance - needed, asset);
    if (closes) contract.status = 'closed';
    const movement = this.movement(payment, balance - needed, asset);
    payment.queue.push({ kind: 'recovered', movement, closed: closes });
  }

  /** Somebody brings money back to the buyer's side after a release. */
  refundLater(payment: ModelPayment, amount: bigint): void {
    if (payment.contract.released === 0n) return;
    if (this.state(payment).refundIsPlatform) this.put('refunds', payment, amount);
    payment.queue.push({ kind: 'refundedLater', movement: this.movement(payment, amount, own) });
  }

  /** Compares the books with the money itself; only meaningful when every log has heard everything. */
  expectBooksEqualMoney(): void {
    compareBooks(this.logs.totals, this.adjusted, this.money);
  }
}
