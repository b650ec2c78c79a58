import { expect } from 'chai';
import request, { type Response } from 'supertest';
import type { Commands } from '../../server/http/appDeps.ts';
import type { Role } from '../../server/ports.ts';
import { standIn, type World } from './standIn.ts';

/** One mutating route: a good call of it, and what its use case answers. */
export interface Mutation {
  readonly method?: 'post' | 'put';
  readonly path: string;
  readonly role: Role;
  readonly wrongRoles: readonly Role[];
  readonly body: object;
  /** Another good body, or another path, for the same key. */
  readonly otherBody?: object;
  readonly otherPath?: string;
  readonly badBodies: Readonly<Record<string, unknown>>;
  readonly status?: number;
  readonly command: keyof Commands;
  readonly commands: Partial<Commands>;
  readonly prepare?: (world: World) => void;
  /** The idempotency claim goes down into the use case. */
  readonly claims?: boolean;
  /** False where the answer is a secret, which no key keeps. */
  readonly keyed?: boolean;
}

/** Asserts a refusal in the one shape all refusals have, with an id that finds it again. */
export function expectProblem(response: Response, status: number, code: string): void {
  expect(response.body, response.text).to.include({ success: false, code, status });
  expect(response.status).to.equal(status);
  expect(response.type).to.equal('application/problem+json');
  expect(response.body.requestId).to.equal(response.get('x-request-id'));
  expect(response.body.message).to.equal(response.body.detail);
}

/** The standing cases of every mutating route: no token, wrong role, bad body, repeated idempotency key. */
export function behavesLikeMutation(mutation: Mutation): void {
  const { method = 'post', path, role, body, status = 200, command } = mutation;
  const world = () => {
    const created = standIn({ commands: mutation.commands });
    mutation.prepare?.(created);
    return created;
  };
  const ran = ({ calls }: World) => calls.filter((call) => call.command === command).length;

  it('refuses a call without a token, or with one that is not ours', async () => {
    const { app, calls } = world();
    expectProblem(await request(app)[method](path).send(body), 401, 'not_authenticated');
    const forged = await request(app)[method](path).set('Authorization', 'Bearer a.b.c').send(body);
    expectProblem(forged, 401, 'not_authenticated');
    expect(forged.get('www-authenticate')).to.match(/^Bearer/);
    expect(calls).to.deep.equal([]);
  });

  for (const wrong of mutation.wrongRoles) {
    it(`refuses the role ${wrong}`, async () => {
      const { as, calls } = world();
      expectProblem(await as(wrong)[method](path, body), 403, 'forbidden');
      expect(calls).to.deep.equal([]);
    });
  }

  for (const [name, bad] of Object.entries(mutation.badBodies)) {
    it(`refuses a bad body: ${name}`, async () => {
      const { as, calls } = world();
      const answer = await as(role)[method](path, bad as object);
      expectProblem(answer, 400, 'validation_failed');
      expect(answer.body.errors).to.be.an('array').that.is.not.empty;
      expect(calls).to.deep.equal([]);
    });
  }

  it('refuses unknown keys, malformed JSON, bodies above 100 KB and bodies that do not say they are JSON', async () => {
    const { app, as, calls } = world();
    expectProblem(await as(role)[method](path, { ...body, status: 'released', $where: '1' }), 400, 'validation_failed');
    const { authorization = '' } = { authorization: as(role).get('/livez').get('Authorization') };
    const raw = (text: string) =>
      request(app)[method](path).set('Authorization', authorization).type('application/json').send(text);
    expectProblem(await raw('{"amount": 1,'), 400, 'malformed_json');
    expectProblem(await raw('{"__proto__":{"role":"admin"},"constructor":1}'), 400, 'validation_failed');
    expectProblem(await raw(JSON.stringify({ title: 'x'.repeat(101 * 1024) })), 413, 'payload_too_large');
    expectProblem(await raw(JSON.stringify(body)).type('text/plain'), 415, 'unsupported_media_type');
    expect(calls).to.deep.equal([]);
  });

  it('does what it is for', async () => {
    const answering = world();
    const answer = await answering.as(role)[method](path, body);
    expect(answer.status, answer.text).to.equal(status);
    expect(ran(answering)).to.equal(1);
  });

  if (method === 'post' && mutation.keyed !== false) repeatsUnderKey(mutation, world, ran);
}

function repeatsUnderKey(mutation: Mutation, world: () => World, ran: (world: World) => number): void {
  const { path, role, body, otherBody = body, otherPath = path, status = 200, command } = mutation;

  it('answers a repeated idempotency key with the first answer, and runs once', async () => {
    const answering = world();
    const first = await answering.as(role).post(path, body, 'key-1');
    const second = await answering.as(role).post(path, body, 'key-1');
    expect([first.status, second.status]).to.deep.equal([status, status]);
    expect(second.body).to.deep.equal(first.body);
    expect([first.get('idempotent-replayed'), second.get('idempotent-replayed')]).to.deep.equal([undefined, 'true']);
    expect(ran(answering)).to.equal(1);
    if (mutation.claims === false) return;
    const input = answering.calls.find((call) => call.command === command)?.input;
    expect(input)
      .to.have.property('idempotencyClaim')
      .that.matches(new RegExp(`^idem:${role}-1:POST /api/.*:key-1$`));
  });

  it('refuses the same key for something else', async () => {
    const answering = world();
    await answering.as(role).post(path, body, 'key-1');
    expectProblem(await answering.as(role).post(otherPath, otherBody, 'key-1'), 422, 'idempotency_key_reused');
    expect(ran(answering)).to.equal(1);
  });
}

/** Amounts that no route takes (issue: Bad input). */
export const badAmounts: Readonly<Record<string, unknown>> = {
  '-1': -1,
  '"-1"': '-1',
  0: 0,
  '"0.00"': '0.00',
  '1e30': 1e30,
  '"1e30"': '1e30',
  '1e-7': 1e-7,
  NaN: 'NaN',
  Infinity: 'Infinity',
  '"1,5"': '1,5',
  '19 decimals': '0.0000000000000000001',
  '16 digits': '1000000000000000',
  hexadecimal: '0x10',
  'a leading zero': '007',
  blanks: ' 1',
  nothing: '',
  null: null,
  'an operator object': { $gt: 0 },
  'a list': [1],
};
