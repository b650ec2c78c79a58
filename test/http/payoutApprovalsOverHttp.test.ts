import { expect } from 'chai';
import request from 'supertest';
import { account } from '../../server/domain/ledger.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { openTrail } from '../../server/store/auditTrail.ts';
import { eventually } from '../support/eventually.ts';
import { buildState, buildTransition } from '../support/factories.ts';
import { uniqueDatabase } from '../support/services.ts';
import { openTestApp, patienceMs, type TestApp } from '../support/testApp.ts';
import { expectProblem } from './standingCases.ts';

const tokens = (amount: bigint) => amount * 10n ** 18n;
const [wallet, otherWallet] = [`0x${'4'.repeat(40)}`, `0x${'6'.repeat(40)}`];
const approvals = '/api/payment/v1/payout-approvals';

type Order = (payment: PaymentState, amount: string, to?: string) => object;
const routes: Readonly<Record<string, Order>> = {
  '/api/payment/shkeeper/payout': ({ requestId, offerId, buyerId, sellerId }, amount, to = wallet) => ({
    ...{ purchaseRequestId: requestId, sellerOfferId: offerId, buyerId, sellerId, amount, recipientAddress: to },
  }),
  '/api/payment/decentralized/admin-payout': ({ requestId }, amount, to = wallet) => ({
    ...{ purchaseRequestId: requestId, receiverWalletAddress: to, amount },
  }),
};

/** The whole server on a real database, chain and provider. */
describe('a payout above the limits, over HTTP', function () {
  this.timeout(2 * patienceMs);
  const { uri } = uniqueDatabase('approvals');
  let app: TestApp;

  before(async () => {
    app = await openTestApp({ MONGODB_URI: uri, PAYOUT_MOST: '100', PAYOUT_MOST_PER_DAY: '150' });
  });
  after(async () => {
    await app?.close();
  });

  const post = (path: string, body: object, userId: string, key?: string) => {
    const asked = request(app.url).post(path).set('Authorization', app.bearer('admin', userId));
    return (key === undefined ? asked : asked.set('Idempotency-Key', key)).send(body);
  };
  /** A payment whose seller, who named no address, is owed 1,000. */
  async function owing(): Promise<PaymentState> {
    const state = buildState({ status: 'released', funded: true, sellerIsPlatform: true, released: 1n });
    const name = account.owedSeller(state.sellerId, state.id);
    const owed = { ...state, balances: [{ account: name, asset: 'bsc:USDT', amount: tokens(1_000n) }] };
    const { transitions } = app.deps.store;
    const step = buildTransition({ paymentId: state.id, state: owed });
    await transitions.append([step]);
    await transitions.project(step);
    return owed;
  }
  const payoutsOf = async ({ id }: PaymentState) => {
    const tail = await app.deps.store.transitions.tail(id);
    return tail?.state.direction === 'in' ? tail.state.payouts.map(({ amount }) => amount) : [];
  };

  for (const [path, order] of Object.entries(routes)) {
    it(`leaves by ${path} once another admin has approved exactly this one, and leaves once`, async () => {
      const payment = await owing();
      const key = `order-${payment.id}`;
      const pay = (amount = '400', userId = 'adm-one', to = wallet, by: string | undefined = key) =>
        post(path, order(payment, amount, to), userId, by);

      const refused = await pay();
      expectProblem(refused, 409, 'payout_over_limit');
      const { payout, approvalHash } = refused.body;
      expect(payout).to.include({ paymentId: payment.id, amount: '400', destination: wallet, proposerId: 'adm-one' });
      const words = { ...payout, approvalHash };

      expectProblem(await post(approvals, words, 'adm-one'), 403, 'payout_approval_own');
      for (const change of [{ amount: '401' }, { destination: otherWallet }, { proposerId: 'adm-two' }])
        expectProblem(await post(approvals, { ...words, ...change }, 'adm-three'), 409, 'payout_approval_mismatch');
      expectProblem(await pay(), 409, 'payout_over_limit');

      const approved = await post(approvals, words, 'adm-two');
      expect(approved.status, approved.text).to.equal(200);
      expect(approved.body.data).to.include({ approvalHash, approvedBy: 'adm-two' });
      for (const changed of [
        pay('401'),
        pay('399.999999999999999999'),
        pay('400', 'adm-one', otherWallet),
        pay('400', 'adm-two'),
        pay('400', 'adm-three'),
      ])
        expectProblem(await changed, 409, 'payout_over_limit');
      expect(await payoutsOf(payment), 'nothing has left by now').to.deep.equal([]);

      const paid = await pay();
      expect(paid.status, paid.text).to.equal(200);
      const repeated = await pay();
      expect(repeated.headers['idempotent-replayed']).to.equal('true');
      expect(repeated.body).to.deep.equal(paid.body);
      for (const again of [pay('400', 'adm-one', wallet, `${key}-2`), post(path, order(payment, '400'), 'adm-one')])
        expectProblem(await again, 409, 'payout_over_limit');
      expect(await payoutsOf(payment)).to.deep.equal([tokens(400n)]);

      const found = await eventually(
        async () => {
          const asked = { requestId: payment.requestId, direction: 'out' } as const;
          const wanted = { limit: 10, order: 'newestFirst', offset: 0, after: null } as const;
          const { items } = await app.deps.ports.queries.payments(asked, wanted);
          return items.length > 0 ? items.map(({ state }) => state.id) : null;
        },
        { timeoutMs: patienceMs, what: 'the record that sends it' },
      );
      expect(found).to.deep.equal([paid.body.data.payoutId]);
    });
  }

  it('is in the audit trail with who approved it and who tried to', async () => {
    const trail = openTrail({ uri });
    try {
      const told: string[] = [];
      for await (const { record } of trail.read())
        if (record.action.endsWith('payout-approvals')) told.push(`${record.actor} ${record.outcome}`);
      const perRoute = [
        'adm-one 403 payout_approval_own',
        ...Array.from({ length: 3 }, () => 'adm-three 409 payout_approval_mismatch'),
        'adm-two 200',
      ];
      expect(told).to.deep.equal(Object.keys(routes).flatMap(() => perRoute));
    } finally {
      await trail.close();
    }
  });
});
