import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { addressOf, paymentId } from './records.ts';
import { bearer, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const batchPath = '/api/payment/shkeeper/release-batch';
const paths = [batchPath, `/api/payment/shkeeper/${paymentId}/release`, `/api/payment/shkeeper/${paymentId}/refund`];
const reached = async () => {
  throw new AppError('no_open_settlement', 'The command was reached.');
};

describe('the bodies of settlements', () => {
  const world = () => standIn({ commands: { prepareBatch: reached, prepareSettlement: reached } });
  const bodyFor = (path: string, signatures: readonly object[]) =>
    path === batchPath ? { items: [{ paymentId }], signatures } : { signatures };

  for (const path of paths) {
    it(`takes a contract’s signature without bytes, which asks a Safe for what it approved on the chain: ${path}`, async () => {
      const body = bodyFor(path, [{ signer: addressOf('3'), data: '0x' }]);
      expectProblem(await world().as('admin').post(path, body), 409, 'no_open_settlement');
    });

    it(`takes as many of the longest signatures as it says, in one body: ${path}`, async () => {
      const longest = { signer: addressOf('3'), data: `0x${'ab'.repeat(4_096)}` };
      const signatures = (count: number) =>
        bodyFor(
          path,
          Array.from({ length: count }, () => longest),
        );
      expectProblem(await world().as('admin').post(path, signatures(8)), 409, 'no_open_settlement');
      expectProblem(await world().as('admin').post(path, signatures(9)), 400, 'validation_failed');
    });
  }

  it('are refused as a media type when their encoding or charset is not known', async () => {
    const { app } = world();
    const ask = () => request(app).post(batchPath).set('Authorization', bearer('admin'));
    const encoded = ask().set('Content-Type', 'application/json').set('Content-Encoding', 'zz');
    expectProblem(await encoded.send('{}'), 415, 'unsupported_media_type');
    const charset = await ask().set('Content-Type', 'application/json; charset=latin1').send('{}');
    expectProblem(charset, 415, 'unsupported_media_type');
    expect(charset.body.detail).to.include('charset');
  });
});
