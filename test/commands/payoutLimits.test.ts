import { expect } from 'chai';
import { createOpenPayout } from '../../server/commands/openPayout.ts';
import { payoutLimitsOf } from '../../server/config/payouts.ts';
import { checkClaims } from '../../server/domain/invariants/claims.ts';
import { account } from '../../server/domain/ledger.ts';
import type { PayoutSource } from '../../server/domain/signal.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { AppError } from '../../server/errors.ts';
import type { EscrowGateway } from '../../server/ports/outside.ts';
import type { Actor } from '../../server/ports.ts';
import { createStore, type Store } from '../../server/store/createStore.ts';
import { coordinatorOver } from '../support/coordinator.ts';
import { buildState, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const admin: Actor = { userId: 'an-admin', role: 'admin' };
const key: Actor = { userId: `hfk_${'a1'.repeat(12)}`, role: 'admin' };
const wallet = (digit: string) => `0x${digit.repeat(40)}`;
const tokens = (amount: number) => BigInt(amount) * 10n ** 18n;
const hour = 3_600_000;

/** Reads no more than this of a network; what a payout needs to know is in its payment. */
const gateway = {
  parseAddress: (text: string) => (/^0x[0-9a-f]{40}$/i.test(text) ? text.toLowerCase() : null),
  network: () => ({
    ...{ name: 'bsc', chainId: 56, tokens: [], escrow: wallet('a'), treasury: wallet('b') },
    ...{ refundWallet: wallet('c'), shkeeperHotWallet: wallet('d') },
  }),
} as unknown as EscrowGateway;

describe('limits of payouts to addresses that somebody names', () => {
  let opened: TestStore;
  let second: Store;
  let nowMs = 1_800_000_000_000;
  before(async () => {
    opened = await openTestStore();
    second = await createStore({ uri: opened.uri });
  });
  after(async () => {
    await second.close();
    await opened.close();
  });
  // Every test finds the payouts of the ones before it more than a day old.
  beforeEach(() => {
    nowMs += 48 * hour;
  });

  const limits = { PAYOUT_MOST: '100', PAYOUT_MOST_PER_DAY: '150', PAYOUT_KEY_DESTINATIONS: [wallet('5')] };
  function over(store: Store, payoutLimits = payoutLimitsOf(limits)) {
    const clock = { now: () => nowMs };
    const coordinator = coordinatorOver(store, { clock });
    return createOpenPayout({
      ...{ clock, ids: randomIds, coordinator, gateway, payoutLimits },
      store: store.transitions,
    });
  }

  /** A payment of which a party is owed 1,000. */
  async function owing(party: 'seller' | 'buyer', own: Partial<PaymentState> = {}) {
    const over = party === 'seller' ? { status: 'released', released: 1n } : { status: 'refunded' };
    const state = buildState({ ...over, funded: true, sellerIsPlatform: true, ...own } as Partial<PaymentState>);
    const name =
      party === 'seller' ? account.owedSeller(state.sellerId, state.id) : account.owedBuyer(state.buyerId, state.id);
    const owed = { ...state, balances: [{ account: name, asset: 'bsc:USDT', amount: tokens(1_000) }] };
    await opened.store.transitions.append([buildTransition({ paymentId: state.id, state: owed })]);
    return { state: owed, from: `owed:${party}` as PayoutSource };
  }
  const order = (of: { state: PaymentState; from: PayoutSource }, amount: number, more: object = {}) => ({
    ...{ actor: admin, paymentId: of.state.id, from: of.from, amount: tokens(amount), destination: wallet('4') },
    ...more,
  });
  /** The code of a refusal, or `paid`. */
  const outcome = (payout: Promise<object>) =>
    payout.then(
      () => 'paid',
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    );
  const payoutsOf = async ({ state }: { state: PaymentState }) => {
    const tail = await opened.store.transitions.tail(state.id);
    return tail?.state.direction === 'in' ? tail.state.payouts.map(({ amount }) => amount) : [];
  };

  it('refuse one that is too large, and reserve nothing', async () => {
    const payment = await owing('seller');
    expect(await outcome(over(opened.store)(order(payment, 101)))).to.equal('payout_over_limit');
    expect(await outcome(over(opened.store)(order(payment, 100)))).to.equal('paid');
    expect(await payoutsOf(payment)).to.deep.equal([tokens(100)]);
    const step = await opened.store.transitions.tail(payment.state.id);
    if (step === null) throw new Error('no step');
    const found: string[] = [];
    const turn = step.claims.find((name) => name.startsWith('slot:payouts:bsc:usdt:')) ?? 'no turn';
    checkClaims(step, turn, (invariant, what) => void found.push(`${invariant} ${what}`));
    expect(found, 'what an audit says of the turn').to.deep.equal([]);
  });

  it('refuse what is more than a day may take, over all payments, admins and failures together', async () => {
    const [one, other] = [await owing('seller'), await owing('buyer', { refundIsPlatform: true })];
    const openPayout = over(opened.store);
    expect(await outcome(openPayout(order(one, 90)))).to.equal('paid');
    nowMs += 20 * hour;
    const another = { actor: { userId: 'another-admin', role: 'admin' } };
    expect(await outcome(openPayout(order(other, 61, another)))).to.equal('payout_over_limit');
    expect(await outcome(openPayout(order(other, 60, another)))).to.equal('paid');
    nowMs += 3 * hour;
    expect(await outcome(openPayout(order(one, 1)))).to.equal('payout_over_limit');
    nowMs += 2 * hour;
    expect(await outcome(openPayout(order(one, 91)))).to.equal('payout_over_limit');
    expect(await outcome(openPayout(order(one, 90)))).to.equal('paid');
  });

  it('hold when many are ordered at once by several processes, and let through as much as fits', async () => {
    const payments = await Promise.all([1, 2, 3, 4, 5, 6].map(() => owing('seller')));
    const processes = [over(opened.store), over(second)];
    const outcomes = await Promise.all(
      payments.map((payment, n) => outcome((processes[n % 2] ?? over(second))(order(payment, 60)))),
    );
    const paid = (await Promise.all(payments.map(payoutsOf))).flat();
    expect(paid.length, String(outcomes)).to.be.within(1, 2);
    expect(outcomes.filter((one) => one === 'paid')).to.have.length(paid.length);
    expect(outcomes.filter((one) => one !== 'paid' && one !== 'payout_over_limit' && one !== 'busy')).to.deep.equal([]);
  });

  it('hold for two out of one payment at once', async () => {
    const payment = await owing('seller');
    const [one, two] = [over(opened.store), over(second)];
    const outcomes = await Promise.all([outcome(one(order(payment, 80))), outcome(two(order(payment, 80)))]);
    expect(outcomes).to.have.members(['paid', 'payout_over_limit']);
    expect(await payoutsOf(payment)).to.deep.equal([tokens(80)]);
  });

  it('count an order once although it is repeated under its key, also when nothing more would fit', async () => {
    const payment = await owing('seller');
    const keyed = order(payment, 100, { idempotencyClaim: `idem:an-admin:payout:${payment.state.id}` });
    const openPayout = over(opened.store);
    const first = await openPayout(keyed);
    expect(await openPayout(keyed)).to.deep.equal(first);
    expect(await outcome(openPayout(order(payment, 50)))).to.equal('paid');
  });

  it('are those of the token, and close it where nobody gave an amount', async () => {
    const payment = await owing('seller');
    const of = (most: string) => over(opened.store, payoutLimitsOf({ ...limits, PAYOUT_MOST: most }));
    expect(await outcome(of('BNB:5')(order(payment, 1)))).to.equal('payout_over_limit');
    expect(await outcome(of('1,usdt:70')(order(payment, 71)))).to.equal('payout_over_limit');
    expect(await outcome(of('1,usdt:70')(order(payment, 70)))).to.equal('paid');
  });

  it('do not bind what goes to an address in the terms, which nobody who orders it has chosen', async () => {
    const payment = await owing('buyer', { refundIsPlatform: false });
    const destination = payment.state.terms.refundTo;
    const openPayout = over(opened.store);
    expect(await outcome(openPayout(order(payment, 500, { destination })))).to.equal('paid');
    expect(await outcome(openPayout(order(payment, 200, { destination, actor: key })))).to.equal('paid');
    const seller = await owing('seller');
    const buyers = order(seller, 500, { destination: seller.state.terms.refundTo });
    expect(await outcome(openPayout(buyers))).to.equal('payout_over_limit');
  });

  it('let a key pay only to what is listed, within the same limits', async () => {
    const payment = await owing('seller');
    const openPayout = over(opened.store);
    const asked = order(payment, 60, { actor: key });
    expect(await outcome(openPayout(asked))).to.equal('payout_destination_refused');
    expect(await payoutsOf(payment)).to.deep.equal([]);
    const listed = { ...asked, destination: wallet('5') };
    expect(await outcome(openPayout(listed))).to.equal('paid');
    expect(await outcome(openPayout({ ...listed, amount: tokens(101) }))).to.equal('payout_over_limit');
  });
});
