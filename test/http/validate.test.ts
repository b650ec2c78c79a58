import { expect } from 'chai';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/intents';
const body = { purchaseRequestId: 'request-1', sellerOfferId: 'offer-1', sellerId: 'seller-1', amount: '100' };

describe('the words for a bad request', () => {
  async function wordsFor(sent: object) {
    const answer = await standIn().as('buyer').post(path, sent);
    expectProblem(answer, 400, 'validation_failed');
    return { message: answer.body.message as string, errors: answer.body.errors as { pointer: string }[] };
  }

  for (const field of Object.keys(body)) {
    it(`say that ${field} is missing`, async () => {
      const { [field as keyof typeof body]: _, ...rest } = body;
      const { message, errors } = await wordsFor(rest);
      expect(message).to.equal(`${field} is missing`);
      expect(errors).to.deep.equal([{ pointer: `#/${field}`, detail: 'is missing' }]);
    });
  }

  it('name the first and count the others when nothing was sent', async () => {
    const { message, errors } = await wordsFor({});
    expect(message).to.equal('purchaseRequestId is missing (and 3 more)');
    expect(errors.map(({ pointer }) => pointer)).to.deep.equal(Object.keys(body).map((field) => `#/${field}`));
  });

  const wrong: readonly [string, object, string][] = [
    ['a number for a text', { sellerId: 7 }, 'sellerId must be a string, not a number'],
    ['null for a text', { sellerId: null }, 'sellerId must be a string, not null'],
    ['a list for an amount', { amount: [1] }, 'amount must be a string or a number, not a list'],
    ['an object for an amount', { amount: { $gt: 0 } }, 'amount must be a string or a number, not an object'],
    ['null for an amount', { amount: null }, 'amount must be a string or a number, not null'],
    ['a text for an object', { metadata: 'x' }, 'metadata must be an object, not a string'],
    ['a text of the wrong form', { sellerId: 'two words' }, 'sellerId must be 1 to 64 letters, digits, "-" or "_"'],
    ['nothing worth paying', { amount: '0' }, 'amount must be more than zero'],
    ['an unknown field', { extra: 1 }, 'Unrecognized key: "extra"'],
  ];
  for (const [what, change, message] of wrong) {
    it(`say what is wanted and what came: ${what}`, async () => {
      expect((await wordsFor({ ...body, ...change })).message).to.equal(message);
    });
  }

  it('speak of the body when it is none', async () => {
    expect((await wordsFor([])).message).to.equal('The body must be an object, not a list');
  });

  it('speak of a query as of a field', async () => {
    const answer = await standIn().as('buyer').get('/api/payment?limit=1&limit=2');
    expectProblem(answer, 400, 'validation_failed');
    expect(answer.body.message).to.equal('limit must be a string, not a list');
  });
});
