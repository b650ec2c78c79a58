import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { createKnowServer } from '../../server/commands/knowServer.ts';
import { canonicalText, signCall } from '../../server/commands/rules/requestSignature.ts';
import { type ApiKey, apiKeyScopes } from '../../server/ports/apiKeys.ts';
import { createReplayCache } from '../../server/providers/identity/replayCache.ts';
import { purchaseRequest } from './records.ts';
import { type ServerCall, sendCall, signedHeaders } from './serverCalls.ts';
import { nowMs, rateLimits, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const id = `hfk_${'a'.repeat(24)}`;
const secret = `hfs_${'5'.repeat(64)}`;
const timestamp = nowMs / 1000;
const read: ServerCall = { method: 'get', target: '/api/payment?limit=5', timestamp };
const post: ServerCall = {
  ...{ method: 'post', target: '/api/requests', body: '{"title":"A chair"}', timestamp },
  headers: { 'idempotency-key': 'key-1', 'x-on-behalf-of': 'buyer:anna' },
};

function stage(own: Partial<ApiKey> = {}, overrides: Parameters<typeof standIn>[0] = {}) {
  const key: ApiKey = {
    ...{ id, name: 'shop', scopes: apiKeyScopes, createdBy: 'admin-1', createdAtMs: 0, expiresAtMs: null },
    ...{ revokedAtMs: null, lastUsedAtMs: null, sealedSecret: 'sealed' },
    ...own,
  };
  const touched: number[] = [];
  const apiKeys = {
    find: async (wanted: string) => (wanted === id ? key : null),
    touch: async (_id: string, atMs: number) => void touched.push(atMs),
  };
  const knowServer = createKnowServer({
    apiKeys,
    secretBox: { open: () => secret },
    replays: createReplayCache(null, () => nowMs),
    clock: { now: () => nowMs },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  const commands = { postRequest: async () => purchaseRequest() };
  return { ...standIn({ ...overrides, commands, deps: { knowServer } }), touched };
}

const signed = (call: ServerCall) => signedHeaders({ id, secret }, call);
const reasonOf = (answer: { body: { reason?: unknown } }) => answer.body.reason;

describe('the text a server signs', () => {
  const plain = { timestamp: '1', method: 'GET', target: '/a?b=c', bodySha256: 'f'.repeat(64), headers: new Map() };

  it('is five lines, version first, when no covered header is sent', () => {
    expect(canonicalText(plain)).to.equal(`v1\n1\nGET\n/a?b=c\n${'f'.repeat(64)}`);
    expect(signCall(secret, plain)).to.equal(createHmac('sha256', secret).update(canonicalText(plain)).digest('hex'));
  });

  it('takes covered headers as further lines in the order of their names, so that none can be changed or left out', () => {
    const headers = new Map([
      ['x-on-behalf-of', 'buyer:anna'],
      ['idempotency-key', 'k'],
    ]);
    expect(
      canonicalText({ ...plain, headers })
        .split('\n')
        .slice(5),
    ).to.deep.equal(['idempotency-key:k', 'x-on-behalf-of:buyer:anna']);
  });
});

describe('a call of a server', () => {
  it('is let in by its signature, and its use is noted', async () => {
    const { app, touched } = stage();
    expect((await sendCall(app, read, signed(read))).status).to.equal(200);
    expect(touched).to.deep.equal([nowMs]);
  });

  it('notes its use no more than once a minute', async () => {
    const { app, touched } = stage({ lastUsedAtMs: nowMs - 59_000 });
    expect((await sendCall(app, read, signed(read))).status).to.equal(200);
    expect(touched).to.deep.equal([]);
  });

  it('acts for the user it names, and for nobody else', async () => {
    const { app, calls } = stage();
    expect((await sendCall(app, post, signed(post))).status).to.equal(201);
    expect(calls[0]?.input).to.have.deep.property('actor', { userId: 'anna', role: 'buyer' });
    expect(calls[0]?.input).to.have.property('idempotencyClaim', `idem:${id}.anna:POST /api/requests:key-1`);
  });

  const flip = (text: string) => {
    const last = text.at(-1) ?? '';
    return text.slice(0, -1) + (last === '0' ? '1' : '0');
  };
  const flips: Record<string, (headers: Record<string, string>) => readonly [ServerCall, Record<string, string>]> = {
    'the timestamp': (headers) => [post, { ...headers, 'x-timestamp': String(timestamp + 1) }],
    'the method': (headers) => [{ ...post, method: 'put' }, headers],
    'the path': (headers) => [{ ...post, target: '/api/requests/' }, headers],
    'the query': (headers) => [{ ...post, target: '/api/requests?a=1' }, headers],
    'the body': (headers) => [{ ...post, body: '{"title":"A chaIr"}' }, headers],
    'the white space of the body': (headers) => [{ ...post, body: '{"title": "A chair"}' }, headers],
    'the signature': (headers) => [post, { ...headers, 'x-signature': flip(headers['x-signature'] ?? '') }],
    'the key': (headers) => [post, { ...headers, 'x-api-key': `hfk_${'a'.repeat(23)}b` }],
    'the idempotency key': (headers) => [post, { ...headers, 'idempotency-key': 'key-2' }],
    'the user it acts for': (headers) => [post, { ...headers, 'x-on-behalf-of': 'buyer:annb' }],
    'a precondition that was not signed': (headers) => [post, { ...headers, 'if-match': '"4"' }],
    'a header that was not signed': (headers) => [post, { ...headers, 'x-nonce': 'x' }],
    'a header that was left out': ({ 'idempotency-key': _, ...rest }) => [post, rest],
  };
  for (const [what, change] of Object.entries(flips)) {
    it(`is refused when ${what} was changed on the way`, async () => {
      const { app, calls } = stage();
      const [call, headers] = change(signed(post));
      const answer = await sendCall(app, call, headers);
      if (what === 'the method') expect(answer.status).to.be.oneOf([401, 404]);
      else {
        expectProblem(answer, 401, 'invalid_signature');
        expect(reasonOf(answer)).to.equal('signature_mismatch');
      }
      expect(calls).to.deep.equal([]);
    });
  }

  it('keeps its parts apart: bytes moved from the body into the path are another text', async () => {
    const { app } = stage();
    const body = '{"title":"x"}';
    const moved = { ...post, target: `/api/requests?${body}`, body: '' };
    expectProblem(await sendCall(app, moved, signed({ ...post, body })), 401, 'invalid_signature');
  });

  const edges = { 'exactly 300 s old': -300, 'exactly 300 s ahead': 300 };
  for (const [what, distance] of Object.entries(edges)) {
    it(`is let in when it is ${what}, and refused a second further`, async () => {
      const { app } = stage();
      const at = (seconds: number): ServerCall => ({ ...read, timestamp: timestamp + seconds });
      const good = at(distance);
      expect((await sendCall(app, good, signed(good))).status).to.equal(200);
      const bad = at(distance + Math.sign(distance));
      const answer = await sendCall(app, bad, signed(bad));
      expectProblem(answer, 401, 'invalid_signature');
      expect(reasonOf(answer)).to.equal('timestamp_outside_window');
    });
  }

  it('is let in once, also of a hundred at the same moment; a nonce tells equal calls apart', async () => {
    const { app } = stage();
    const answers = await Promise.all(Array.from({ length: 100 }, () => sendCall(app, read, signed(read))));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(reasonOf))).to.deep.equal(new Set(['replayed']));
    const again = { ...read, headers: { 'x-nonce': 'second' } };
    expect((await sendCall(app, again, signed(again))).status).to.equal(200);
  });

  const ended = { key_revoked: { revokedAtMs: nowMs - 1 }, key_expired: { expiresAtMs: nowMs } };
  for (const [reason, own] of Object.entries(ended)) {
    it(`is refused with ${reason}, which only the holder of the secret learns`, async () => {
      const { app } = stage(own);
      const answer = await sendCall(app, read, signed(read));
      expectProblem(answer, 401, 'invalid_signature');
      expect(reasonOf(answer)).to.equal(reason);
      const stranger = await sendCall(app, read, signedHeaders({ id, secret: 'hfs_other' }, read));
      expect(reasonOf(stranger)).to.equal('signature_mismatch');
    });
  }

  it('needs an idempotency key for every POST, so that a replay can never do a thing twice', async () => {
    const { app, calls } = stage();
    const bare = { ...post, headers: { 'x-on-behalf-of': 'buyer:anna' } };
    expectProblem(await sendCall(app, bare, signed(bare)), 400, 'validation_failed');
    expect(calls).to.deep.equal([]);
  });

  it('speaks for buyers and sellers alone, and says for whom where a user is needed', async () => {
    const { app, calls } = stage();
    const bodies = ['admin:root', 'auditor:x', 'anna', 'buyer:', `buyer:${'x'.repeat(65)}`, 'buyer:a:b'];
    for (const value of bodies) {
      const call = { ...post, headers: { 'idempotency-key': 'k', 'x-on-behalf-of': value } };
      expectProblem(await sendCall(app, call, signed(call)), 400, 'validation_failed');
    }
    const nobody = { ...post, headers: { 'idempotency-key': 'k' } };
    expectProblem(await sendCall(app, nobody, signed(nobody)), 400, 'validation_failed');
    const seller = { ...post, headers: { 'idempotency-key': 'k', 'x-on-behalf-of': 'seller:sam' } };
    expectProblem(await sendCall(app, seller, signed(seller)), 403, 'forbidden');
    expect(calls).to.deep.equal([]);
  });

  it('is either of a server or of a user', async () => {
    const answer = await sendCall(stage().app, read, { ...signed(read), authorization: 'Bearer a.b.c' });
    expect(reasonOf(answer)).to.equal('token_and_key');
  });

  it('is not let in with half of its headers, or with odd ones', async () => {
    const { app } = stage();
    const headers = signed(read);
    for (const name of ['x-timestamp', 'x-signature']) {
      const { [name]: _, ...rest } = headers;
      expectProblem(await sendCall(app, read, rest), 401, 'invalid_signature');
      expectProblem(await sendCall(app, read, { ...headers, [name]: 'x' }), 401, 'invalid_signature');
    }
    expectProblem(await sendCall(app, read, { ...headers, 'x-api-key': '$ne' }), 401, 'invalid_signature');
  });

  it('counts against the budget of its key, whoever it speaks for', async () => {
    const limits = { ...rateLimits, createPerMinute: 1 };
    const { app } = stage({}, { settings: { rateLimits: limits } });
    const statuses: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      const call = { ...post, headers: { 'idempotency-key': `k${n}`, 'x-on-behalf-of': `buyer:b${n}` } };
      statuses.push((await sendCall(app, call, signed(call))).status);
    }
    expect(statuses).to.deep.equal([...Array.from({ length: 10 }, () => 201), 429]);
  });
});
