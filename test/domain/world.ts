import { arrivalKey } from '../../server/domain/claim.ts';
import type { Arrival, Transfer } from '../../server/domain/state.ts';
import * as f from './factories.ts';
import type { ModelPayment, Payload } from './modelPayment.ts';
import { own, ToldWorld } from './toldWorld.ts';

type Side = 'seller' | 'refundTo';
type Authority = 'anyone' | 'seller' | 'signer';

export const wrong = 'bsc:USDC';
const price = 100n;
/** The contract's whole fee on a sum released so far; cumulative, so that splitting a release never changes the total. */
const feeOf = (released: bigint, bps: number) => (released * BigInt(bps)) / 10_000n;

/** A world in which money really moves, by the payers, the provider and the contract, beside logs that only hear of it. */
export class World extends ToldWorld {
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
}
