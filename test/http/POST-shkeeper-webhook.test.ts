import { createHmac } from 'node:crypto';
import { BlockList } from 'node:net';
import { expect } from 'chai';
import request from 'supertest';
import type { ProviderReport } from '../../server/domain/state.ts';
import { AppError } from '../../server/errors.ts';
import type { Commands } from '../../server/http/appDeps.ts';
import { signBody } from '../../server/providers/shkeeper/signature.ts';
import { plant } from '../support/canaries.ts';
import { paymentId } from './records.ts';
import { nowMs, standIn, type World, webhookKey } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/webhook';
const nowSeconds = nowMs / 1000;
const callback = JSON.stringify({
  external_id: `AMN_${paymentId}`,
  crypto: 'BNB-USDT',
  addr: `0x${'8'.repeat(40)}`,
  status: 'PAID',
  paid: true,
  balance_fiat: '100',
  memo: plant('the body of a delivery', 'canary-in-the-body-of-a-delivery'),
  balance_crypto: '100',
  transactions: [{ txid: `0x${'12'.repeat(32)}`, crypto: 'BNB-USDT', amount_crypto: '100', date: 'x', trigger: true }],
});
interface Delivery {
  readonly body?: string | Buffer;
  readonly key?: string;
  readonly seconds?: number;
  readonly headers?: Record<string, string | string[]>;
}

function deliver(
  { app }: World,
  { body = callback, key = webhookKey, seconds = nowSeconds, headers = {} }: Delivery = {},
) {
  const bytes = Buffer.from(body);
  const signed = {
    'content-type': 'application/json',
    'x-shkeeper-timestamp': String(seconds),
    'x-shkeeper-signature': signBody(key, seconds, bytes),
    'x-shkeeper-api-key': webhookKey,
    ...headers,
  };
  const call = request(app).post(path);
  for (const [name, value] of Object.entries(signed)) if (value !== '') call.set(name, value as string);
  // supertest would serialise a Buffer of JSON again; this writes the bytes that were signed.
  return call.serialize((bytesOrText) => bytesOrText as unknown as string).send(bytes as unknown as object);
}
const accepting: Partial<Commands> = { recordReport: async () => 'accepted' };

describe('POST /api/payment/shkeeper/webhook', () => {
  it('acknowledges a signed delivery with 202 and hands on the report with the bytes as they came', async () => {
    const world = standIn({ commands: accepting });
    const answer = await deliver(world);
    expect(answer.status, answer.text).to.equal(202);
    expect(answer.body).to.deep.equal({ success: true });
    const input = world.calls[0]?.input as { report: ProviderReport; rawBody: Buffer; headers: Record<string, string> };
    expect(input.report).to.include({ externalId: `AMN_${paymentId}`, reportedStatus: 'PAID' });
    expect(input.rawBody.toString()).to.equal(callback);
    expect(input.headers).to.include.keys('x-shkeeper-timestamp', 'x-shkeeper-signature', 'content-type');
  });

  it('never hands on or logs the API key that comes with it', async () => {
    const world = standIn({ commands: accepting });
    await deliver(world);
    expect(JSON.stringify([world.calls, world.kept, world.logged])).to.not.include(webhookKey);
  });

  for (const outcome of ['duplicate', 'unmatched', 'refused'] as const) {
    it(`acknowledges what turns out ${outcome}, since a repeat would change nothing`, async () => {
      expect((await deliver(standIn({ commands: { recordReport: async () => outcome } }))).status).to.equal(202);
    });
  }

  it('answers the acknowledgement that the settings name', async () => {
    const world = standIn({ commands: accepting, settings: { ackStatus: 200 } });
    expect((await deliver(world)).status).to.equal(200);
  });

  for (const body of ['{"external_id":', '[]', '{}', '{"external_id":"AMN_1","status":"PAID"}', '', '\u0000\u0001']) {
    it(`keeps a signed body it cannot read and acknowledges it: ${JSON.stringify(body)}`, async () => {
      const world = standIn();
      expect((await deliver(world, { body })).status).to.equal(202);
      expect(world.kept).to.have.length(1);
      expect(world.kept[0]).to.include({ provider: 'shkeeper', outcome: 'unreadable', receivedAtMs: nowMs });
      expect(world.kept[0]?.rawBody.toString()).to.equal(body);
      expect(world.counted).to.have.length(1);
    });
  }

  const forgeries: Record<string, Delivery> = {
    'signed with another key': { key: 'other' },
    'with a signature over other bytes': { headers: { 'x-shkeeper-signature': 'f'.repeat(64) } },
    'with a signature that is too short': { headers: { 'x-shkeeper-signature': 'f'.repeat(63) } },
    'without a signature': { headers: { 'x-shkeeper-signature': '' } },
    'without a timestamp': { headers: { 'x-shkeeper-timestamp': '' } },
    'with only the API key': { headers: { 'x-shkeeper-signature': '', 'x-shkeeper-timestamp': '' } },
    'from 301 s ago': { seconds: nowSeconds - 301 },
    'from 301 s ahead': { seconds: nowSeconds + 301 },
  };
  for (const [name, delivery] of Object.entries(forgeries)) {
    it(`refuses a delivery ${name}, and counts it`, async () => {
      const world = standIn();
      expectProblem(await deliver(world, delivery), 401, 'invalid_signature');
      expect(world.calls).to.deep.equal([]);
      expect(world.kept).to.deep.equal([]);
      expect(world.counted).to.have.length(1);
      expect(world.counted[0]).to.match(/^shkeeper:refused:/);
    });
  }

  it('does not read a body whose headers can never be right', async () => {
    const big = callback.padEnd(2 * 1024 * 1024);
    for (const name of ['without a signature', 'without a timestamp', 'from 301 s ago']) {
      expectProblem(await deliver(standIn(), { ...forgeries[name], body: big }), 401, 'invalid_signature');
    }
  });

  it('reads the body where the seed’s form without a time is switched on', async () => {
    const signature = createHmac('sha256', webhookKey).update(callback).digest('hex');
    const headers = { 'x-shkeeper-timestamp': '', 'x-shkeeper-signature': signature };
    const world = standIn({ commands: accepting, settings: { legacySignature: 'body' } });
    expect((await deliver(world, { headers })).status).to.equal(202);
  });

  it('refuses a signed delivery from an address that is not listed, whatever it claims, before its body is read', async () => {
    const webhookSources = new BlockList();
    webhookSources.addAddress('203.0.113.7');
    const from = (address: string, trustProxy: number) => {
      const world = standIn({ commands: accepting, settings: { webhookSources, trustProxy } });
      return { world, answer: deliver(world, { headers: { 'x-forwarded-for': address } }) };
    };
    expect((await from('203.0.113.7', 1).answer).status).to.equal(202);
    expect((await from('::ffff:203.0.113.7', 1).answer).status).to.equal(202);
    for (const [address, trustProxy] of [
      ['203.0.113.8', 1],
      ['nobody', 1],
      ['203.0.113.7', 0],
    ] as const) {
      const { world, answer } = from(address, trustProxy);
      expectProblem(await answer, 401, 'invalid_signature');
      expect(world.calls).to.deep.equal([]);
      expect(world.counted).to.deep.equal(['shkeeper:refused:source_not_listed']);
    }
  });

  it('accepts any of several keys', async () => {
    const world = standIn({ commands: accepting, settings: { webhookKeys: ['new', 'old'] } });
    expect((await deliver(world, { key: 'old' })).status).to.equal(202);
    expect((await deliver(world, { key: 'new' })).status).to.equal(202);
  });

  it('takes the API key alone only where the old form is switched on', async () => {
    const headers = { 'x-shkeeper-signature': '', 'x-shkeeper-timestamp': '' };
    const world = standIn({ commands: accepting, settings: { legacySignature: 'header' } });
    expect((await deliver(world, { headers })).status).to.equal(202);
    expect(world.logged.some(({ message }) => message === 'legacy signature accepted')).to.equal(true);
  });

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
    it(`reads the raw bytes whatever the content type says (${type || 'none'})`, async () => {
      const world = standIn({ commands: accepting });
      expect(
        (await deliver(world, { headers: { 'content-type': type || 'application/octet-stream' } })).status,
      ).to.equal(202);
    });
  }

  it('does not inflate: a declared encoding changes nothing about the signed bytes', async () => {
    const world = standIn({ commands: accepting });
    expect((await deliver(world, { headers: { 'content-encoding': 'gzip' } })).status).to.equal(202);
  });

  it('takes a body of 1 MiB and refuses a larger one with 413', async () => {
    const padded = (bytes: number) => `${callback}${' '.repeat(bytes - callback.length)}`;
    expect((await deliver(standIn({ commands: accepting }), { body: padded(1024 * 1024) })).status).to.equal(202);
    const world = standIn();
    expectProblem(await deliver(world, { body: padded(1024 * 1024 + 1) }), 413, 'payload_too_large');
    expect(world.counted).to.deep.equal(['shkeeper:refused:payload_too_large']);
    expect(world.logged.filter(({ level }) => level === 'error')).to.have.length(1);
  });

  it('asks for a repeat with 503 when the delivery was not stored', async () => {
    const failing = [new AppError('busy', 'unknown outcome'), new Error('connection lost')];
    for (const error of failing) {
      const recordReport = async () => {
        throw error;
      };
      const answer = await deliver(standIn({ commands: { recordReport } }));
      expectProblem(answer, 503, 'busy');
      expect(answer.get('retry-after')).to.equal('1');
      expect(answer.text).to.not.include('connection lost');
    }
  });

  it('asks for a repeat when an unreadable delivery was not kept', async () => {
    const providerEvents = {
      keep: async () => {
        throw new AppError('busy', 'no database');
      },
      count: async () => undefined,
      stats: async () => ({}),
      list: async () => [],
    };
    expectProblem(await deliver(standIn({ deps: { providerEvents } }), { body: '{' }), 503, 'busy');
  });

  it('gives up after a second, so that the provider is not held up', async () => {
    const recordReport = () => Promise.withResolvers<'accepted'>().promise;
    const startedAt = Date.now();
    expectProblem(await deliver(standIn({ commands: { recordReport } })), 503, 'busy');
    expect(Date.now() - startedAt).to.be.within(900, 5000);
  });
});
