import { expect } from 'chai';
import { allOf, eachOf, itemProblemOf } from '../../server/commands/rules/batch.ts';
import { AppError } from '../../server/errors.ts';

const items = Array.from({ length: 25 }, (_, n) => ({ paymentId: `p${n}` }));

describe('the rules of a batch', () => {
  for (const code of ['chain_unavailable', 'busy', 'not_ready', 'provider_failed'] as const) {
    it(`blames no payment for ${code}, which passes: the call may be repeated as it is`, async () => {
      const error = new AppError(code, 'not now');
      expect(() => itemProblemOf('p1', error)).to.throw(error);
      const outcome = await allOf(items, async () => Promise.reject(error)).catch((thrown: unknown) => thrown);
      expect(outcome).to.equal(error);
    });
  }

  it('takes no mistake of its own for a payment’s problem', () => {
    const mistake = new TypeError('unforeseen');
    expect(() => itemProblemOf('p1', mistake)).to.throw(mistake);
  });

  it('says of a refused payment what a single call says, details and all, under its own id', () => {
    const details = { validUntil: 'tomorrow', paymentId: 'another' };
    const error = new AppError('settlement_open', 'One is open.', { details });
    expect(itemProblemOf('p1', error)).to.deep.equal({
      ...{ validUntil: 'tomorrow', paymentId: 'p1', code: 'settlement_open', message: 'One is open.' },
    });
  });

  it('names every payment that is refused, in their order, when others are not', async () => {
    const error = await allOf(items, async ({ paymentId }) => {
      if (['p3', 'p20'].includes(paymentId)) throw new AppError('risk_hold', 'held');
      return paymentId;
    }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AppError).and.to.have.property('code', 'batch_refused');
    const { items: named } = (error as AppError).details as { items: { paymentId: string }[] };
    expect(named.map(({ paymentId }) => paymentId)).to.deep.equal(['p3', 'p20']);
    expect((error as AppError).message).to.match(/^2 of 25 payments/);
  });

  it('asks ten at a time, so that a public node is not flooded, and answers in the order of the items', async () => {
    let [running, most] = [0, 0];
    const answers = await eachOf(items, async ({ paymentId }) => {
      running += 1;
      most = Math.max(most, running);
      // The even ones answer later than the odd ones that were asked after them.
      for (let turn = Number(paymentId.slice(1)) % 2 === 0 ? 3 : 0; turn >= 0; turn -= 1) await Promise.resolve();
      running -= 1;
      return paymentId;
    });
    expect(most).to.equal(10);
    expect(answers).to.deep.equal(items.map(({ paymentId }) => paymentId));
  });
});
