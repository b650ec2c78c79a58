import { expect } from 'chai';
import request from 'supertest';
import { addressOf, arrival, otherPaymentId, paymentId, paymentState, payoutState, recorded } from './records.ts';
import { nowMs, standIn } from './standIn.ts';

const path = `/pay/${paymentId}`;
const ether = 10n ** 18n;
function page(overrides: Parameters<typeof paymentState>[0] = {}) {
  const world = standIn();
  world.payments.set(paymentId, recorded(paymentState(overrides)));
  world.payments.set(otherPaymentId, recorded(payoutState()));
  return request(world.app).get(path);
}
const refresh = '<meta http-equiv="refresh"';

describe('GET /pay/:id', () => {
  it('shows anybody with the link what to pay, where, on which network and until when', async () => {
    const { text, type, status } = await page();
    expect([status, type]).to.deep.equal([200, 'text/html']);
    for (const words of ['100', 'USDT', addressOf('8'), 'bsc', 'chain 31337', '2026-11-21T12:15:00.000Z']) {
      expect(text).to.include(words);
    }
    expect(text).to.include('data-status="pending"').and.to.include(refresh);
  });

  it('shows nothing about who pays whom', async () => {
    const { text } = await page({ metadata: '{"email":"a@b.c"}' });
    for (const word of ['buyer-1', 'seller-1', 'request-1', 'offer-1', 'a@b.c', addressOf('2'), addressOf('3')]) {
      expect(text).to.not.include(word);
    }
  });

  it('lets nothing load, run or frame it, and no cache keep it', async () => {
    const answer = await page();
    const policy = answer.get('content-security-policy') ?? '';
    expect(policy).to.include("default-src 'none'").and.to.include("frame-ancestors 'none'");
    expect(policy).to.not.include('unsafe');
    expect(answer.text).to.not.include('<script');
    expect(answer.get('cache-control')).to.equal('no-store');
    expect(answer.get('referrer-policy')).to.equal('no-referrer');
  });

  it('escapes whatever it shows', async () => {
    const asset = { ...paymentState().asset, token: '<img src=x onerror=alert(1)>"\'&' };
    const { text } = await page({ asset });
    expect(text).to.not.include('<img').and.to.not.include('onerror=alert(1)>');
    expect(text).to.include('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
  });

  it('asks for the rest of a short payment', async () => {
    const { text } = await page({ status: 'processing', flags: ['underpaid'], arrivals: [arrival(95n * ether)] });
    expect(text).to.include('Received 95 of 100 USDT');
  });

  it('no longer shows an address once it must not be paid to', async () => {
    for (const status of ['failed', 'cancelled', 'completed', 'released', 'refunded'] as const) {
      const { text } = await page({ status });
      expect(text, status).to.not.include(addressOf('8'));
      expect(text, status).to.not.include(refresh);
    }
    const { text } = await page({ expiresAtMs: nowMs - 1 });
    expect(text).to.not.include(addressOf('8'));
    expect(text).to.include(refresh);
  });

  it('tells a person with a wrong link that there is no such payment, and shows no payouts', async () => {
    const world = standIn();
    world.payments.set(otherPaymentId, recorded(payoutState()));
    for (const wrong of [path, `/pay/${otherPaymentId}`, '/pay/1']) {
      const answer = await request(world.app).get(wrong);
      expect([answer.status, answer.type], wrong).to.deep.equal([404, 'text/html']);
      expect(answer.text).to.include('There is no such payment').and.to.not.include(refresh);
      expect(answer.get('content-security-policy')).to.include("default-src 'none'");
    }
  });
});
