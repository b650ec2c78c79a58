import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { audit, books, transitions } from './support/audit.ts';
import { type Solo, startSolo } from './support/solo.ts';
import { openStage, people, type Stage } from './support/stage.ts';
import {
  confirm,
  type OpenTrade,
  openTrade,
  payment,
  prepare,
  sign,
  stepLimitMs,
  units,
  untilPayment,
} from './support/trade.ts';

/** Between the intent and its address: the provider is asked again 45 s later, so these lives wait in the background of the others. */
const slowCrashPoints = [
  'afterInsert:1',
  'beforeProject:1',
  'beforeEffect:setRequestStatus:1',
  'afterEffect:setRequestStatus:1',
  'relayLeased:1',
  'beforeEffect:askAddress:1',
  'afterEffect:askAddress:1',
  'beforeEffect:event:1',
  'intentOpened:1',
  'addressAnswered:1',
];
/** Other labelled points of a payment's life; `:n` is the n-th time the server passes it, so that each label is hit at several signals. */
const crashPoints = [
  'tailRead:4',
  'beforeInsert:3',
  'afterInsert:4',
  'projected:4',
  'answered:5',
  'relayLeased:3',
  'beforeEffect:verify:1',
  'afterEffect:verify:1',
  'beforeEffect:acceptOffer:1',
  'afterEffect:acceptOffer:1',
  'beforeEffect:event:2',
  'afterEffect:event:2',
  'effectMarked:3',
  'beforeEffect:requestForward:1',
  'afterEffect:requestForward:1',
  'beforeEffect:drivePayout:1',
  'afterEffect:drivePayout:1',
  'due:taken:2',
  'due:worked:2',
  'payoutPosted:1',
  'payoutRecorded:1',
  'monitor:afterObserve:2',
  'monitor:beforeCursor:12',
  'afterInsert:9',
  'answered:11',
];
/** Points that only a payout of its own passes, here that of a seller without an address. */
const payoutCrashPoints = [
  'beforeEffect:openPayoutRecord:1',
  'afterEffect:openPayoutRecord:1',
  'beforeEffect:reportPayout:1',
  'afterEffect:reportPayout:1',
];
/** `npm run test:faults` dies at all of them; the run of everything, which has ten minutes, at every second one. */
const everyPoint = process.env.HOLDFAST_EVERY_CRASH_POINT === '1';
const chosen = (labels: readonly string[]) => labels.filter((_, at) => everyPoint || at % 2 === 0);

/** Servers that live at the same time; more only wait for each other on two cores. */
const atOnce = 5;

async function liveThrough(solo: Solo): Promise<void> {
  await release(solo, await openTrade(solo));
}

/** The same, with a seller whose share goes to the treasury and from there by a payout. */
async function liveThroughPayout(solo: Solo): Promise<void> {
  const trade = await openTrade(solo, { payoutAddress: null });
  const owed = `owed:seller:${people.seller}:<p>`;
  await release(solo, trade, owed);
  const answer = await solo.call('POST', '/api/payment/shkeeper/payout', {
    token: solo.token(people.admin, 'admin'),
    headers: { 'idempotency-key': `payout-${trade.paymentId}` },
    body: {
      purchaseRequestId: trade.requestId,
      sellerOfferId: trade.offerId,
      buyerId: people.buyer,
      sellerId: people.seller,
      amount: 99,
      recipientAddress: solo.sandbox.info.deployment.sellerAddress,
    },
  });
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  await eventually(
    async () => {
      await payment(solo, trade.paymentId); // asks the server, which is started again when it is dead
      expect(await books(solo, trade.paymentId)).to.deep.equal(finalBooks(`paid:seller:${people.seller}`));
      return true;
    },
    { timeoutMs: stepLimitMs, what: 'the seller is paid' },
  );
  await audit(solo);
}

const finalBooks = (share: string) => ({
  [`buyer:${people.buyer}`]: -units('100'),
  [share]: units('99'),
  'fees:main': units('1'),
});

async function release(solo: Solo, trade: OpenTrade, share = `paid:seller:${people.seller}`): Promise<void> {
  await solo.chain.pay(trade.payTo, units('100'));
  await untilPayment(solo, trade.paymentId, { status: 'completed', custody: 'contract' });
  const transaction = await sign(solo, trade.paymentId, 'release', await prepare(solo, trade.paymentId, 'release'));
  const txHash = await solo.chain.send(transaction as { to: string; data: string; value: string });
  await confirm(solo, trade.paymentId, 'release', txHash);
  await untilPayment(solo, trade.paymentId, { status: 'released', escrowState: 'released' });
  await eventually(
    async () => {
      const answer = await solo.call('GET', `/api/requests/${trade.requestId}`, {
        token: solo.token(people.admin, 'admin'),
      });
      return answer.data.status === 'seller_paid';
    },
    { timeoutMs: stepLimitMs, what: 'the request follows' },
  );
  expect(await books(solo, trade.paymentId)).to.deep.equal(finalBooks(share));
  const history = await transitions(solo, trade.paymentId);
  const completions = history.filter((step) => step.to === 'completed' && step.from !== 'completed');
  expect(completions).to.have.length(1);
  await audit(solo);
}

describe('faults: a crash at the labelled points of a payment', function () {
  this.timeout(420_000);
  let stage: Stage;
  let slowLives: Promise<PromiseSettledResult<void>[]>;
  let unanswered: Promise<PromiseSettledResult<void>[]>;
  before(async () => {
    stage = await openStage({ servers: [] });
    // the lives share one hot wallet without knowing of each other, so none may spend what another one's sweep brought
    await stage.chain.mint(stage.sandbox.info.deployment.hotWalletAddress, units('100000'));
    slowLives = inTurns(chosen(slowCrashPoints));
    unanswered = Promise.allSettled([diesBeforeTheAnswer()]);
  });
  after(async () => {
    await Promise.all([slowLives, unanswered]);
    await stage.close();
  });

  async function liveAndDie(label: string): Promise<void> {
    const live = payoutCrashPoints.includes(label) ? liveThroughPayout : liveThrough;
    const solo = await startSolo(stage, `solo-${label.replaceAll(':', '-')}`, { CRASH_AT: label });
    try {
      await live(solo);
      expect(solo.deaths(), `${label} was passed once`).to.equal(1);
    } catch (error) {
      throw new Error(`after a crash at ${label}`, { cause: error });
    } finally {
      await solo.close();
    }
  }

  /** A few at once, so that they do not crowd the lives of the tests in front. */
  async function inTurns(labels: readonly string[]): Promise<PromiseSettledResult<void>[]> {
    const results: PromiseSettledResult<void>[] = [];
    for (let first = 0; first < labels.length; first += atOnce) {
      results.push(...(await Promise.allSettled(labels.slice(first, first + atOnce).map(liveAndDie))));
    }
    return results;
  }

  async function diesBeforeTheAnswer(): Promise<void> {
    const solo = await startSolo(stage, 'solo-payout', {
      CRASH_AT: 'payoutClaimed:1',
      PAYOUT_MANUAL_AFTER_SECONDS: '3',
    });
    try {
      const trade = await openTrade(solo);
      await solo.chain.pay(trade.payTo, units('100'));
      await untilPayment(solo, trade.paymentId, { status: 'completed', custody: 'provider', exception: 'manual' });
      const token = solo.token(people.admin, 'admin');
      const { forward } = await payment(solo, trade.paymentId);
      const externalId = String((forward as { externalId: string }).externalId);
      const answer = await solo.call('POST', `/api/payment/shkeeper/payout/${externalId}/resolve`, {
        token,
        body: { outcome: 'notSent' },
      });
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      // the admin's next step, a release, begins a new forward under a new external id
      await prepare(solo, trade.paymentId, 'release');
      const after = await payment(solo, trade.paymentId);
      expect(after.custody).to.equal('contract');
      expect(solo.deaths()).to.equal(1);
      await audit(solo);
    } finally {
      await solo.close();
    }
  }

  const points = chosen([...crashPoints, ...payoutCrashPoints]);
  for (let first = 0; first < points.length; first += atOnce) {
    const batch = points.slice(first, first + atOnce);
    it(`ends in the same final state after a kill -9 at ${batch.join(', ')}`, async () => {
      await Promise.all(batch.map(liveAndDie));
    });
  }

  it('ends unknown, then manual, when it dies between the claim of the payout and the answer, and an admin ends it', async () => {
    const [result] = await unanswered;
    if (result?.status !== 'fulfilled') throw result?.reason;
  });

  it(`ends in the same final state after a kill -9 at ${chosen(slowCrashPoints).join(', ')}`, async () => {
    for (const result of await slowLives) if (result.status === 'rejected') throw result.reason;
  });
});
