import { expect } from 'chai';
import { payoutLimitsOf } from '../../server/config/payouts.ts';
import { checkClaims } from '../../server/domain/invariants/claims.ts';
import { hour, key, limits, openPayoutStage, outcome, type PayoutStage, tokens, wallet } from './limitedPayoutStage.ts';

describe('limits of payouts to addresses that somebody names', () => {
  let stage: PayoutStage;
  before(async () => {
    stage = await openPayoutStage();
  });
  after(() => stage?.close());
  // Every test finds the payouts of the ones before it more than a day old.
  beforeEach(() => stage.advance(48 * hour));

  it('refuse one that is too large, and reserve nothing', async () => {
    const payment = await stage.owing('seller');
    expect(await outcome(stage.over(stage.first)(stage.order(payment, 101)))).to.equal('payout_over_limit');
    expect(await outcome(stage.over(stage.first)(stage.order(payment, 100)))).to.equal('paid');
    expect(await stage.payoutsOf(payment)).to.deep.equal([tokens(100)]);
    const step = await stage.first.transitions.tail(payment.state.id);
    if (step === null) throw new Error('no step');
    const found: string[] = [];
    const turn = step.claims.find((name) => name.startsWith('slot:payouts:bsc:usdt:')) ?? 'no turn';
    checkClaims(step, turn, (invariant, what) => void found.push(`${invariant} ${what}`));
    expect(found, 'what an audit says of the turn').to.deep.equal([]);
  });

  it('refuse what is more than a day may take, over all payments, admins and failures together', async () => {
    const [one, other] = [await stage.owing('seller'), await stage.owing('buyer', { refundIsPlatform: true })];
    const openPayout = stage.over(stage.first);
    expect(await outcome(openPayout(stage.order(one, 90)))).to.equal('paid');
    stage.advance(20 * hour);
    const another = { actor: { userId: 'another-admin', role: 'admin' } };
    expect(await outcome(openPayout(stage.order(other, 61, another)))).to.equal('payout_over_limit');
    expect(await outcome(openPayout(stage.order(other, 60, another)))).to.equal('paid');
    stage.advance(3 * hour);
    expect(await outcome(openPayout(stage.order(one, 1)))).to.equal('payout_over_limit');
    stage.advance(2 * hour);
    expect(await outcome(openPayout(stage.order(one, 91)))).to.equal('payout_over_limit');
    expect(await outcome(openPayout(stage.order(one, 90)))).to.equal('paid');
  });

  it('count what left in the last 24 hours in whole, at whatever minute of its hour it left', async () => {
    const payment = await stage.owing('seller');
    const openPayout = stage.over(stage.first);
    const minute = hour / 60;
    stage.advance(59 * minute);
    expect(await outcome(openPayout(stage.order(payment, 40)))).to.equal('paid');
    expect(await outcome(openPayout(stage.order(payment, 60)))).to.equal('paid');
    stage.advance(24 * hour - 1);
    expect(await outcome(openPayout(stage.order(payment, 51))), 'both of the same hour').to.equal('payout_over_limit');
    expect(await outcome(openPayout(stage.order(payment, 50)))).to.equal('paid');
    stage.advance(minute + 1);
    expect(await outcome(openPayout(stage.order(payment, 100)))).to.equal('paid');
  });

  it('hold when many are ordered at once by several processes, and let through as much as fits', async () => {
    const payments = await Promise.all([1, 2, 3, 4, 5, 6].map(() => stage.owing('seller')));
    const processes = [stage.over(stage.first), stage.over(stage.second)];
    const outcomes = await Promise.all(
      payments.map((payment, n) => outcome((processes[n % 2] ?? stage.over(stage.second))(stage.order(payment, 60)))),
    );
    const paid = (await Promise.all(payments.map(stage.payoutsOf))).flat();
    expect(paid.length, String(outcomes)).to.be.within(1, 2);
    expect(outcomes.filter((one) => one === 'paid')).to.have.length(paid.length);
    expect(outcomes.filter((one) => one !== 'paid' && one !== 'payout_over_limit' && one !== 'busy')).to.deep.equal([]);
  });

  it('hold for two out of one payment at once', async () => {
    const payment = await stage.owing('seller');
    const [one, two] = [stage.over(stage.first), stage.over(stage.second)];
    const outcomes = await Promise.all([
      outcome(one(stage.order(payment, 80))),
      outcome(two(stage.order(payment, 80))),
    ]);
    expect(outcomes).to.have.members(['paid', 'payout_over_limit']);
    expect(await stage.payoutsOf(payment)).to.deep.equal([tokens(80)]);
  });

  it('count an order once although it is repeated under its key, also when nothing more would fit', async () => {
    const payment = await stage.owing('seller');
    const keyed = stage.order(payment, 100, { idempotencyClaim: `idem:an-admin:payout:${payment.state.id}` });
    const openPayout = stage.over(stage.first);
    const first = await openPayout(keyed);
    expect(await openPayout(keyed)).to.deep.equal(first);
    expect(await outcome(openPayout(stage.order(payment, 50)))).to.equal('paid');
  });

  it('are not forgotten when the clock of one process is two days ahead for one payout', async () => {
    const payment = await stage.owing('seller');
    const openPayout = stage.over(stage.first);
    expect(await outcome(openPayout(stage.order(payment, 90)))).to.equal('paid');
    stage.advance(48 * hour);
    expect(await outcome(stage.over(stage.second)(stage.order(payment, 50)))).to.equal('paid');
    stage.advance(-48 * hour);
    expect(await outcome(openPayout(stage.order(payment, 11)))).to.equal('payout_over_limit');
    expect(await outcome(openPayout(stage.order(payment, 10)))).to.equal('paid');
    stage.advance(48 * hour);
  });

  it('answer an order by what its twin under the same key opened, not by the limit that the twin used up', async () => {
    const payment = await stage.owing('seller');
    const keyed = stage.order(payment, 100, { idempotencyClaim: `idem:an-admin:payout:${payment.state.id}` });
    const { transitions } = stage.first;
    const twins: object[] = [];
    const late = stage.over({
      ...stage.first,
      transitions: {
        ...transitions,
        async highestClaim(prefix) {
          if (twins.length === 0) twins.push(await stage.over(stage.second)(keyed));
          return transitions.highestClaim(prefix);
        },
      },
    });
    expect(await late(keyed)).to.deep.equal(twins[0]);
    expect(await stage.payoutsOf(payment)).to.deep.equal([tokens(100)]);
  });

  it('are those of the token, and close it where nobody gave an amount', async () => {
    const payment = await stage.owing('seller');
    const of = (most: string) => stage.over(stage.first, payoutLimitsOf({ ...limits, PAYOUT_MOST: most }));
    expect(await outcome(of('BNB:5')(stage.order(payment, 1)))).to.equal('payout_over_limit');
    expect(await outcome(of('1,usdt:70')(stage.order(payment, 71)))).to.equal('payout_over_limit');
    expect(await outcome(of('1,usdt:70')(stage.order(payment, 70)))).to.equal('paid');
  });

  it('do not bind what goes to an address in the terms, which nobody who orders it has chosen', async () => {
    const payment = await stage.owing('buyer', { refundIsPlatform: false });
    const destination = payment.state.terms.refundTo;
    const openPayout = stage.over(stage.first);
    expect(await outcome(openPayout(stage.order(payment, 500, { destination })))).to.equal('paid');
    expect(await outcome(openPayout(stage.order(payment, 200, { destination, actor: key })))).to.equal('paid');
    const seller = await stage.owing('seller');
    const buyers = stage.order(seller, 500, { destination: seller.state.terms.refundTo });
    expect(await outcome(openPayout(buyers))).to.equal('payout_over_limit');
    // There the platform stands for a party that gave no address.
    const toTreasury = stage.order(seller, 500, { destination: seller.state.terms.seller });
    expect(await outcome(openPayout(toTreasury))).to.equal('payout_over_limit');
    const nowhere = await stage.owing('buyer', { refundIsPlatform: true });
    const toRefunds = stage.order(nowhere, 500, { destination: nowhere.state.terms.refundTo });
    expect(await outcome(openPayout(toRefunds))).to.equal('payout_over_limit');
  });

  it('let a key pay only to what is listed, within the same limits', async () => {
    const payment = await stage.owing('seller');
    const openPayout = stage.over(stage.first);
    const asked = stage.order(payment, 60, { actor: key });
    expect(await outcome(openPayout(asked))).to.equal('payout_destination_refused');
    expect(await stage.payoutsOf(payment)).to.deep.equal([]);
    const listed = { ...asked, destination: wallet('5') };
    expect(await outcome(openPayout(listed))).to.equal('paid');
    expect(await outcome(openPayout({ ...listed, amount: tokens(101) }))).to.equal('payout_over_limit');
  });
});
