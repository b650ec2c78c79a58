import { expect } from 'chai';
import request from 'supertest';
import { nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const token = 'a-scraper-token-of-32-characters';
function world(settings: { token: string; open: boolean }) {
  let reads = 0;
  let now = nowMs;
  const text = async () => {
    reads += 1;
    return { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: `holdfast_reads ${reads}\n` };
  };
  const made = standIn({ settings: { metrics: settings }, deps: { metrics: { text }, clock: { now: () => now } } });
  const get = (authorization?: string) => {
    const asked = request(made.app).get('/metrics');
    return authorization === undefined ? asked : asked.set('Authorization', authorization);
  };
  const later = (ms: number) => {
    now += ms;
  };
  return { ...made, get, later, reads: () => reads };
}

describe('GET /metrics', () => {
  it('answers the text format, read once a second however often it is asked', async () => {
    const { get, later, reads } = world({ token: '', open: true });
    const answer = await get();
    expect([answer.status, answer.text]).to.deep.equal([200, 'holdfast_reads 1\n']);
    expect(answer.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.get('cache-control')).to.equal('no-store');
    await get();
    expect(reads()).to.equal(1);
    later(1_000);
    expect((await get()).text).to.equal('holdfast_reads 2\n');
  });

  it('is for the bearer of the token alone once there is one, wherever it runs', async () => {
    for (const open of [true, false]) {
      const { get, as, reads } = world({ token, open });
      for (const wrong of [undefined, '', token, `Bearer ${token}x`, 'Bearer ', `Basic ${token}`])
        expectProblem(await get(wrong), 401, 'not_authenticated');
      expectProblem(await as('admin').get('/metrics'), 401, 'not_authenticated');
      expect(reads()).to.equal(0);
      expect((await get(`Bearer ${token}`)).status).to.equal(200);
    }
  });

  it('is not there in production without a token, as if it had never been', async () => {
    const { app, get, reads } = world({ token: '', open: false });
    const missing = await request(app).get('/nowhere');
    for (const answer of [await get(), await get('Bearer '), await get(`Bearer ${token}`)]) {
      expectProblem(answer, 404, 'not_found');
      expect(answer.body.message).to.equal(missing.body.message);
    }
    expect(reads()).to.equal(0);
  });
});
