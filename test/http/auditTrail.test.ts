import { expect } from 'chai';
import request from 'supertest';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { AppError } from '../../server/errors.ts';
import { eventually } from '../support/eventually.ts';
import { nowMs, standIn } from './standIn.ts';

const canary = 'canary-of-this-test';

function stage(failing = false) {
  const events: TrailEvent[] = [];
  const trail = async (event: TrailEvent) => {
    events.push(event);
    if (failing) throw new Error('the database is away');
  };
  const issueApiKey = async () => {
    throw new Error('no key in this test');
  };
  const world = standIn({ deps: { trail }, commands: { issueApiKey } });
  const seen = (count: number) =>
    eventually(async () => (events.length >= count ? events : null), { timeoutMs: 5_000, what: `${count} events` });
  return { ...world, events, seen };
}
const hexId = 'a'.repeat(24);
const body = { name: canary, scopes: ['read'] };
const path = '/api/payment/v1/api-keys';

describe('what the audit trail is told', () => {
  it('is every change that an admin asks for: who, what, when, in which request, with which outcome', async () => {
    const { as, seen } = stage();
    await as('admin')
      .post(`${path}?secret=${canary}`, { ...body, scopes: [] })
      .set('X-Request-Id', 'r1');
    const [event] = await seen(1);
    const { address, ...rest } = event ?? { address: '' };
    expect(address).to.include('127.0.0.1');
    expect(rest).to.deep.equal({
      ...{ atMs: nowMs, category: 'admin', actor: 'admin-1', role: 'admin', action: `POST ${path}`, path },
      ...{ outcome: '400 validation_failed', requestId: 'r1' },
    });
    expect(JSON.stringify(event)).to.not.include(canary);
  });

  it('is everything that he was told no for after it had begun: a part of it may be done, however many there are', async () => {
    const events: TrailEvent[] = [];
    const prepareSettlement = async () => {
      throw new AppError('escrow_forwarding', 'Another forward has begun; ask again.');
    };
    const { as } = standIn({
      deps: { trail: async (event) => void events.push(event) },
      commands: { prepareSettlement },
    });
    for (let n = 0; n < 21; n += 1) await as('admin').post(path, {});
    for (let n = 0; n < 21; n += 1) await as('admin').post(`/api/payment/shkeeper/${hexId}/release`, {});
    const told = (outcome: string) => events.filter((event) => event.outcome === outcome).length;
    expect(told('400 validation_failed'), 'what was turned away has its part of a minute').to.equal(20);
    expect(told('409 escrow_forwarding')).to.equal(21);
  });

  it('is every look that an admin takes behind a payment, which shows more than any other reading', async () => {
    const { as, seen } = stage();
    await as('admin').get(`/api/payment/${'0'.repeat(24)}/debug`);
    const [event] = await seen(1);
    expect(event).to.deep.include({ category: 'admin', actor: 'admin-1', action: 'GET /api/payment/:id/debug' });
  });

  it('is what known callers are refused, and calls that pose as a server', async () => {
    const { app, as, seen } = stage();
    await as('buyer').post(path, body);
    await request(app).get('/api/payment').set({ 'X-Api-Key': canary, 'X-Signature': canary });
    const events = await seen(2);
    expect(events.map(({ category, actor, outcome }) => [category, actor, outcome])).to.deep.equal([
      ['security', 'buyer-1', '403 forbidden'],
      ['security', '', '401 invalid_signature x-api-key_malformed'],
    ]);
    expect(JSON.stringify(events)).to.not.include(canary);
  });

  it('is not what anybody reads, nor what users do with their own', async () => {
    const { as, app, events } = stage();
    await as('admin').get('/api/payment');
    await as('buyer').post('/api/requests', {});
    await request(app).get('/api/payment');
    await as('admin').post(path, {});
    await eventually(async () => (events.length > 0 ? true : null), { timeoutMs: 5_000, what: 'the last call' });
    expect(events.map(({ action }) => action)).to.deep.equal([`POST ${path}`]);
  });

  it('never stands in the way of an answer; what could not be recorded is in the log', async () => {
    const { as, logged, seen } = stage(true);
    expect((await as('admin').post(path, {})).status).to.equal(400);
    await seen(1);
    const found = await eventually(
      async () => logged.find(({ message }) => message === 'an event is not in the audit trail') ?? null,
      { timeoutMs: 5_000, what: 'the line of the log' },
    );
    expect(found.level).to.equal('error');
  });
});
