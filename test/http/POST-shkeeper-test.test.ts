import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/test';
const deliver = async () => ({ status: 202, body: '' });

describe('POST /api/payment/shkeeper/test', () => {
  it('says what the provider says', async () => {
    const development = { deliver, listCoins: async () => ['BNB-USDT'] };
    const answer = await request(standIn({ deps: { development } }).app).post(path);
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.body.data.coins).to.deep.equal(['BNB-USDT']);
  });

  it('says that the provider failed when it did, and never that all is well', async () => {
    const listCoins = async () => {
      throw new AppError('provider_failed', 'Bad API key', { details: { providerCode: 'provider_auth' } });
    };
    const answer = await request(standIn({ deps: { development: { deliver, listCoins } } }).app).post(path);
    expectProblem(answer, 502, 'provider_failed');
    expect(answer.body.providerCode).to.equal('provider_auth');
  });

  it('refuses a body, since it takes none', async () => {
    expectProblem(await request(standIn().app).post(path).send({ url: 'http://127.0.0.1' }), 400, 'validation_failed');
  });
});
