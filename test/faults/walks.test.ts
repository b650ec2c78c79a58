import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { audit, books } from './support/audit.ts';
import { askByPolling, followBanner, playDemonstration } from './support/newcomer.ts';
import { type Json, openStage, people, type Stage } from './support/stage.ts';
import { type OpenTrade, openTrade, payment, settle, stepLimitMs, units, untilPayment } from './support/trade.ts';

const buyer = `buyer:${people.buyer}`;
const returned = `returned:buyer:${people.buyer}`;
const paid = `paid:seller:${people.seller}`;
/** Short enough to be waited for, long enough to pay in time on two busy cores. */
const shortTtlMinutes = '1';
const demonstration = 'the demonstration';

/** Who settles all the walks at once has used up his minute when one of them orders a payout. */
const orderingAdmin = 'stage-admin-of-orders';

/** Walks of money, each on real money of the local chain; they run side by side on one stage, because each mostly waits for blocks. */
describe('faults: money that comes short, late, twice or from nowhere', function () {
  this.timeout(300_000);
  let stage: Stage;
  let expiring: Stage;
  const running = new Map<string, Promise<PromiseSettledResult<void>[]>>();
  before(async () => {
    [stage, expiring] = await Promise.all([
      openStage({ environment: { MARKETPLACE_FEE_BPS: '100' } }),
      openStage({ environment: { INTENT_TTL_MINUTES: shortTtlMinutes } }),
    ]);
    for (const [name, walk] of Object.entries(walks)) running.set(name, Promise.allSettled([walk()]));
    running.set(demonstration, Promise.allSettled([playDemonstration(stage)]));
  });
  after(async () => {
    await Promise.all([stage?.close(), expiring?.close()]);
  });

  const call = (on: Stage, path: string, body: object = {}) =>
    on.call('POST', path, { token: on.token(orderingAdmin, 'admin'), body });
  const pay = (on: Stage, to: string, amount: string) => on.chain.pay(to, units(amount));
  const expectBooks = async (on: Stage, trade: OpenTrade, wanted: Record<string, bigint>) => {
    await eventually(
      async () => {
        expect(await books(on, trade.paymentId)).to.deep.equal(wanted);
        return true;
      },
      { timeoutMs: stepLimitMs, what: `the books of ${trade.paymentId}` },
    );
  };
  const recover = async (on: Stage, trade: OpenTrade) => {
    const { Interface } = await import('ethers');
    const { marketplaceEscrowAbi } = await import('../../server/providers/chain/marketplaceEscrowAbi.ts');
    const terms = (await payment(on, trade.paymentId)).terms as Json;
    const { escrow, token } = on.sandbox.info.deployment;
    const data = new Interface(marketplaceEscrowAbi).encodeFunctionData('recover', [terms, token]);
    return on.chain.send({ to: escrow, data });
  };
  const refundByPayout = async (on: Stage, trade: OpenTrade) => {
    const answer = await eventually(
      async () => {
        const asked = await call(on, `/api/payment/shkeeper/${trade.paymentId}/refund`);
        return asked.status === 200 ? asked : null;
      },
      { timeoutMs: stepLimitMs, what: 'the refund is accepted' },
    );
    expect(answer.data.kind).to.equal('payout');
  };
  /** Expired for the server and on the chain, whose blocks may lag behind the clock on a busy machine. */
  const expired = (trade: OpenTrade, wanted: Json = {}) =>
    eventually(
      async () => {
        const found = await payment(expiring, trade.paymentId);
        const block = await expiring.chain.provider.getBlock('latest');
        const over = (block?.timestamp ?? 0) * 1000 > Date.parse(String(found.expiresAt));
        return (
          over && found.status === 'failed' && Object.entries(wanted).every(([name, value]) => found[name] === value)
        );
      },
      { timeoutMs: 150_000, what: 'the payment expires' },
    );

  const walks: Record<string, () => Promise<void>> = {
    'releases the price less the fee (SHKeeper release)': async () => {
      const trade = await openTrade(stage);
      await pay(stage, trade.payTo, '100');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
      await settle(stage, trade.paymentId, 'release');
      await expectBooks(stage, trade, { [buyer]: -units('100'), [paid]: units('99'), 'fees:main': units('1') });
    },
    'returns the price (refund)': async () => {
      const trade = await openTrade(stage);
      await pay(stage, trade.payTo, '100');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
      await settle(stage, trade.paymentId, 'refund');
      await untilPayment(stage, trade.paymentId, { status: 'refunded' });
      await expectBooks(stage, trade, { [buyer]: -units('100'), [returned]: units('100') });
    },
    'does not complete on PAID with 95 %, and completes when the rest comes (95 then 5)': async () => {
      const trade = await openTrade(stage);
      await stage.control('switches', { externalId: `AMN_${trade.paymentId}`, limits: { lower: 95, upper: 105 } });
      await pay(stage, trade.payTo, '95');
      await untilPayment(stage, trade.paymentId, { status: 'processing', exception: 'underpaid' });
      await pay(stage, trade.payTo, '5');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
      await expectBooks(stage, trade, { [buyer]: -units('100'), 'held:contract:<p>': units('100') });
    },
    'keeps what is above the price out of the escrow and pays it back (105 at the provider)': async () => {
      const trade = await openTrade(stage);
      await pay(stage, trade.payTo, '105');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract', exception: 'overpaid' });
      await expectBooks(stage, trade, {
        [buyer]: -units('105'),
        'held:contract:<p>': units('100'),
        'excess:provider:<p>': units('5'),
      });
      await settle(stage, trade.paymentId, 'release');
      await refundByPayout(stage, trade);
      await expectBooks(stage, trade, {
        [buyer]: -units('105'),
        [paid]: units('99'),
        'fees:main': units('1'),
        [returned]: units('5'),
      });
    },
    'books an excess in the vault, which leaves by recover alone (105 in the vault)': async () => {
      const trade = await openTrade(stage);
      await pay(stage, trade.vault, '105');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract', exception: 'overpaid' });
      await settle(stage, trade.paymentId, 'release');
      await recover(stage, trade);
      await expectBooks(stage, trade, {
        [buyer]: -units('105'),
        [paid]: units('99'),
        'fees:main': units('1'),
        [returned]: units('5'),
      });
    },
    'needs no forward for money that is in the vault already (wallet, 100 in the vault)': async () => {
      const trade = await openTrade(stage);
      await pay(stage, trade.vault, '100');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
      await settle(stage, trade.paymentId, 'release');
      await expectBooks(stage, trade, { [buyer]: -units('100'), [paid]: units('99'), 'fees:main': units('1') });
    },
    'forwards only the part that is missing in the vault (60 in the vault, 40 at the provider)': async () => {
      const trade = await openTrade(stage);
      await pay(stage, trade.vault, '60');
      await untilPayment(stage, trade.paymentId, { status: 'processing', exception: 'underpaid' });
      await pay(stage, trade.payTo, '40');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
      await expectBooks(stage, trade, { [buyer]: -units('100'), 'held:contract:<p>': units('100') });
      await settle(stage, trade.paymentId, 'release');
    },
    'pays a seller without an address of his own by a payout (payoutMode platform)': async () => {
      const trade = await openTrade(stage, { payoutAddress: null });
      await pay(stage, trade.payTo, '100');
      await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
      await settle(stage, trade.paymentId, 'release');
      await expectBooks(stage, trade, {
        [buyer]: -units('100'),
        [`owed:seller:${people.seller}:<p>`]: units('99'),
        'fees:main': units('1'),
      });
      await stage.chain.mint(stage.sandbox.info.deployment.hotWalletAddress, units('99'));
      const answer = await call(stage, '/api/payment/shkeeper/payout', {
        purchaseRequestId: trade.requestId,
        sellerOfferId: trade.offerId,
        buyerId: people.buyer,
        sellerId: people.seller,
        amount: 99,
        recipientAddress: stage.sandbox.info.deployment.sellerAddress,
      });
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      await expectBooks(stage, trade, { [buyer]: -units('100'), [paid]: units('99'), 'fees:main': units('1') });
    },
    'records money on a cancelled payment and gives it back (paid after cancel)': async () => {
      const trade = await openTrade(stage);
      const cancelled = await stage.call('PUT', `/api/payment/${trade.paymentId}`, {
        token: stage.token(people.buyer, 'buyer'),
        body: { status: 'cancelled' },
      });
      expect(cancelled.status, JSON.stringify(cancelled.body)).to.equal(200);
      await pay(stage, trade.payTo, '100');
      await untilPayment(stage, trade.paymentId, { status: 'cancelled', exception: 'paid_late' });
      await refundByPayout(stage, trade);
      await expectBooks(stage, trade, { [buyer]: -units('100'), [returned]: units('100') });
    },
    'books a transfer to the contract itself as money of nobody (stray transfer)': async () => {
      await pay(stage, stage.sandbox.info.deployment.escrow, '7');
      await eventually(
        async () => {
          expect(await books(stage, 'suspense-bsc-usdt')).to.deep.equal({
            'buyer:unknown': -units('7'),
            suspense: units('7'),
          });
          return true;
        },
        { timeoutMs: stepLimitMs, what: 'the stray is booked' },
      );
    },
    'fails with what came and returns it (95 then nothing)': async () => {
      const trade = await openTrade(expiring);
      await pay(expiring, trade.payTo, '95');
      await untilPayment(expiring, trade.paymentId, { status: 'processing', exception: 'underpaid' });
      await expired(trade, { failureReason: 'expired', exception: 'underpaid' });
      await refundByPayout(expiring, trade);
      await expectBooks(expiring, trade, { [buyer]: -units('95'), [returned]: units('95') });
    },
    'records late money, and an admin takes it as the price (late, then 100)': async () => {
      const trade = await openTrade(expiring);
      await expired(trade);
      await pay(expiring, trade.payTo, '100');
      await untilPayment(expiring, trade.paymentId, { status: 'failed', exception: 'paid_late' });
      const accepted = await call(expiring, `/api/payment/${trade.paymentId}/accept-late`);
      expect(accepted.status, JSON.stringify(accepted.body)).to.equal(200);
      await untilPayment(expiring, trade.paymentId, { status: 'completed', custody: 'contract' });
      await settle(expiring, trade.paymentId, 'release');
      await expectBooks(expiring, trade, { [buyer]: -units('100'), [paid]: units('99'), 'fees:main': units('1') });
    },
    'records late money in the vault and refunds it by the contract (late, then 100, refund)': async () => {
      const trade = await openTrade(expiring);
      await expired(trade);
      await pay(expiring, trade.vault, '100');
      await untilPayment(expiring, trade.paymentId, { status: 'failed', exception: 'paid_late' });
      await settle(expiring, trade.paymentId, 'refund');
      await expectBooks(expiring, trade, { [buyer]: -units('100'), [returned]: units('100') });
    },
  };

  const ended = async (name: string) => {
    const [result] = (await running.get(name)) ?? [];
    if (result?.status !== 'fulfilled') throw result?.reason ?? new Error('the walk did not run');
  };
  for (const name of Object.keys(walks)) it(name, () => ended(name));

  it('plays the demonstration to its end: one trade released, one refunded, the seller paid to the unit', () =>
    ended(demonstration));

  it('does what a newcomer reads at the start: addresses that answer, a curl that opens an intent, and its page', () =>
    followBanner(stage));

  it('refuses a socket by long polling, and nothing else happens: a request that was answered twice once stopped the server', () =>
    askByPolling(stage));

  it('books a forward that the provider sent twice as money of the platform (double forward)', async () => {
    // the switch doubles whatever payout comes next, so the other walks are over first
    await Promise.all(running.values());
    const trade = await openTrade(stage);
    await stage.control('switches', { doublePayout: 1 });
    // both copies come out of the float, because the sweep of this payment's own money may come later
    await stage.chain.mint(stage.sandbox.info.deployment.hotWalletAddress, units('200'));
    await pay(stage, trade.payTo, '100');
    await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract', exception: 'manual' });
    await expectBooks(stage, trade, {
      [buyer]: -units('100'),
      'held:contract:<p>': units('100'),
      platform: -units('100'),
      'excess:contract:<p>': units('100'),
    });
  });

  it('leaves every invariant whole on both stages', async () => {
    await Promise.all(running.values());
    await Promise.all([audit(stage), audit(expiring)]);
  });
});
