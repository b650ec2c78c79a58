import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import type { Commands } from '../../server/http/appDeps.ts';
import { openPaymentWorld } from './records/openPaymentWorld.ts';
import { addressOf, arrival, otherPaymentId, paymentId, paymentState, txHash } from './records.ts';
import { bearer, nowMs, rateLimits, standIn, type World } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

interface Hint {
  readonly name: string;
  readonly method: 'put' | 'post';
  path(id: string): string;
  body(id: string): object;
  /** The operation takes a hash. */
  readonly takesHash: boolean;
}

/** The three ways in which anybody may say something of a payment. */
const hints: readonly Hint[] = [
  {
    ...{ name: 'PUT /api/payment/decentralized/update', method: 'put', takesHash: false },
    path: () => '/api/payment/decentralized/update',
    body: (id) => ({ paymentId: id, status: 'completed', confirmations: 99 }),
  },
  {
    ...{ name: 'POST /api/payment/decentralized/verify/:paymentId', method: 'post', takesHash: true },
    path: (id) => `/api/payment/decentralized/verify/${id}`,
    body: () => ({}),
  },
  {
    ...{ name: 'POST /api/payment/callback', method: 'post', takesHash: true },
    path: () => '/api/payment/callback',
    body: (id) => ({ paymentId: id, status: 'success', data: { any: 1 }, paymentRef: 'guess' }),
  },
];
const looking: Partial<Commands> = {
  verifyPayment: async () => paymentState(),
  confirmTransfer: async () => paymentState(),
};

const withPayment = (commands: Partial<Commands> = looking, state = paymentState()) =>
  openPaymentWorld({ commands, state, newest: state });
const ask = ({ app }: World, { method, path, body }: Hint, id = paymentId, more: object = {}, token?: string) => {
  const asked = request(app)[method](path(id));
  return (token === undefined ? asked : asked.set('Authorization', token)).send({ ...body(id), ...more });
};

for (const hint of hints) {
  describe(hint.name, () => {
    it('starts one look for nobody in particular and tells what is proven, whatever was said', async () => {
      const world = withPayment();
      const answer = await ask(world, hint);
      expect(answer.status, answer.text).to.equal(200);
      expect(world.calls).to.deep.equal([
        { command: 'verifyPayment', input: [paymentId, { askProvider: false, hint: true }] },
      ]);
      expect(answer.body).to.include({ success: true, accepted: 'hint' });
      expect(answer.body.data).to.include({ paymentId, status: 'pending', escrowState: 'unfunded' });
      expect(answer.body).to.not.have.property('payment');
    });

    it('shows nothing of who pays whom, to where and how much', async () => {
      const state = paymentState({ arrivals: [arrival(10n ** 20n)] });
      const { text } = await ask(withPayment(looking, state), hint);
      for (const secret of [
        'buyer-1',
        'seller-1',
        'request-1',
        addressOf('1'),
        addressOf('2'),
        addressOf('7'),
        addressOf('8'),
      ]) {
        expect(text).to.not.include(secret);
      }
    });

    it('asks the provider too for the parties, and shows them the document', async () => {
      for (const role of ['buyer', 'seller', 'admin'] as const) {
        const world = withPayment();
        const answer = await ask(world, hint, paymentId, {}, bearer(role));
        expect(world.calls[0]?.input).to.deep.equal([paymentId, { askProvider: true, hint: true }]);
        expect(answer.body.payment).to.include({ id: paymentId, buyerId: 'buyer-1' });
      }
    });

    it("gives a stranger's token no more than none", async () => {
      const world = withPayment();
      const answer = await ask(world, hint, paymentId, {}, bearer('buyer', 'buyer-2'));
      expect(answer.body).to.not.have.property('payment');
      expect(world.calls[0]?.input).to.deep.equal([paymentId, { askProvider: false, hint: true }]);
    });

    it('knows no unknown payment and no payout, and looks for neither', async () => {
      const world = withPayment();
      expectProblem(await ask(world, hint, 'f'.repeat(24)), 404, 'not_found');
      expectProblem(await ask(world, hint, otherPaymentId, {}, bearer('admin')), 404, 'not_found');
      expect(world.calls).to.deep.equal([]);
    });

    it('does not look at a payment that nobody watches any more', async () => {
      const world = withPayment(looking, paymentState({ watchUntilMs: nowMs }));
      expect((await ask(world, hint)).status).to.equal(200);
      expect(world.calls).to.deep.equal([]);
    });

    it('refuses a token that is not ours, unknown fields and operators', async () => {
      const world = withPayment();
      expectProblem(await ask(world, hint, paymentId, {}, 'Bearer a.b.c'), 401, 'not_authenticated');
      expectProblem(await ask(world, hint, paymentId, { escrowState: 'funded' }), 400, 'validation_failed');
      if (hint.takesHash)
        expectProblem(await ask(world, hint, paymentId, { transactionHash: { $ne: '' } }), 400, 'validation_failed');
      else expectProblem(await ask(world, hint, paymentId, { status: { $ne: '' } }), 400, 'validation_failed');
      expect(world.calls).to.deep.equal([]);
    });

    it('says that the chain does not answer instead of guessing', async () => {
      const verifyPayment = async () => {
        throw new AppError('chain_unavailable', 'No node answers.');
      };
      expectProblem(await ask(withPayment({ verifyPayment }), hint), 503, 'chain_unavailable');
    });

    it('is limited per address, and per user with a token', async () => {
      const world = standIn({ settings: { rateLimits: { ...rateLimits, hintPerMinute: 1 } } });
      await ask(world, hint);
      expectProblem(await ask(world, hint), 429, 'rate_limited');
      expect((await ask(world, hint, paymentId, {}, bearer('buyer'))).status).to.equal(404);
    });

    if (!hint.takesHash) return;
    it('keeps a hash for the parties alone, and believes neither', async () => {
      const nobody = withPayment();
      await ask(nobody, hint, paymentId, { transactionHash: txHash });
      expect(nobody.calls.map(({ command }) => command)).to.deep.equal(['verifyPayment']);
      const auditor = withPayment();
      await ask(auditor, hint, paymentId, { transactionHash: txHash }, bearer('auditor'));
      expect(auditor.calls.map(({ command }) => command)).to.deep.equal(['verifyPayment']);
      const buyer = withPayment();
      const answer = await ask(buyer, hint, paymentId, { transactionHash: txHash }, bearer('buyer'));
      expect(buyer.calls.map(({ command }) => command)).to.deep.equal(['confirmTransfer']);
      expect(answer.body.data.status).to.equal('pending');
    });
  });
}
