import { expect } from 'chai';
import request from 'supertest';
import type { Commands } from '../../server/http/appDeps.ts';
import { nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

/** Secrets that a use case answers. */
export const opened = {
  access: { token: 'canary-access-token', expiresAtMs: nowMs + 900_000 },
  refreshToken: 'canary-refresh-token',
  refreshUntilMs: nowMs + 604_800_000,
  hasFactor: true,
};
export const refreshToken = 'R'.repeat(43);

/** A route that anybody may call, with secrets in its body. */
export interface OpenMutation {
  readonly path: string;
  readonly body: object;
  readonly badBodies: Readonly<Record<string, object>>;
  readonly command: keyof Commands;
  readonly commands: Partial<Commands>;
}

/** The standing cases of a route without a token: it needs none and none helps, bad bodies, no record under a key, nothing in the log. */
export function behavesLikeOpenMutation({ path, body, badBodies, command, commands }: OpenMutation): void {
  it('asks for no token, and a token of any role changes nothing', async () => {
    const { app, as } = standIn({ commands });
    const answers = [await request(app).post(path).send(body), await as('buyer').post(path, body)];
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200]);
    expect(answers[0]?.get('cache-control')).to.equal('no-store');
  });

  for (const [name, bad] of Object.entries(badBodies)) {
    it(`refuses a bad body: ${name}`, async () => {
      const { app, calls } = standIn({ commands });
      expectProblem(await request(app).post(path).send(bad), 400, 'validation_failed');
      expect(calls).to.deep.equal([]);
    });
  }

  it('refuses unknown keys, malformed JSON and bodies above 100 KB', async () => {
    const { app, calls } = standIn({ commands });
    const raw = (text: string) => request(app).post(path).type('application/json').send(text);
    expectProblem(
      await request(app)
        .post(path)
        .send({ ...body, role: 'admin' }),
      400,
      'validation_failed',
    );
    expectProblem(await raw('{"name": '), 400, 'malformed_json');
    expectProblem(await raw(JSON.stringify({ name: 'x'.repeat(101 * 1024) })), 413, 'payload_too_large');
    expect(calls).to.deep.equal([]);
  });

  it('runs again under the same idempotency key, since an answer with secrets is never kept', async () => {
    const { app, calls } = standIn({ commands });
    const ask = () => request(app).post(path).set('Idempotency-Key', 'key-1').send(body);
    expect([(await ask()).get('idempotent-replayed'), (await ask()).get('idempotent-replayed')]).to.deep.equal([
      undefined,
      undefined,
    ]);
    expect(calls.filter((call) => call.command === command)).to.have.length(2);
  });

  it('logs neither what was sent nor what was answered', async () => {
    const { app, logged } = standIn({ commands });
    await request(app).post(path).send(body);
    await request(app)
      .post(path)
      .send({ ...body, more: 1 });
    const text = JSON.stringify(logged);
    expect(text).not.to.include('canary').and.not.include(refreshToken);
  });
}
