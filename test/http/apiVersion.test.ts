import { expect } from 'chai';
import request from 'supertest';
import { apiVersions } from '../../server/http/middleware/apiVersion.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const { app, as, calls } = standIn();
const [newest] = apiVersions;

describe('the app: versions of the API', () => {
  it('says on every answer which version it is of, also where it refuses', async () => {
    const answers = [
      await request(app).get('/livez'),
      await request(app).get('/nothing'),
      await request(app).get('/api/payment'),
      await as('buyer').get('/api/payment'),
      await request(app).post('/api/payment/callback').type('application/json').send('{'),
    ];
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 404, 401, 200, 400]);
    for (const answer of answers) expect(answer.get('holdfast-version')).to.equal(newest);
  });

  it('takes a call that names a version we speak', async () => {
    for (const version of apiVersions) {
      const answer = await as('buyer').get('/api/payment').set('Holdfast-Version', version);
      expect([answer.status, answer.get('holdfast-version')]).to.deep.equal([200, version]);
    }
  });

  for (const version of ['2026-11-21', '1', 'latest', '', `${newest}, ${newest}`, 'x'.repeat(5_000)]) {
    it(`refuses a call for the version "${version.slice(0, 30)}" before it does anything, and names those it may ask for`, async () => {
      const answer = await as('buyer').post('/api/requests', { title: 'A bicycle' }).set('Holdfast-Version', version);
      expectProblem(answer, 400, 'unknown_version');
      expect(answer.body.versions).to.deep.equal([...apiVersions]);
      expect(answer.body.message).to.include(newest);
      expect(calls).to.deep.equal([]);
    });
  }

  it('shows the header to pages of listed origins', async () => {
    const answer = await request(app).get('/livez').set('Origin', 'https://shop.example');
    expect(answer.get('access-control-expose-headers')).to.include('Holdfast-Version');
  });
});
