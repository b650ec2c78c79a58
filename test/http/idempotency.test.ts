import { expect } from 'chai';
import { createIdempotency, readKey } from '../../server/http/middleware/idempotency.ts';
import type { IdempotencyStore } from '../../server/ports.ts';

const call = { principal: 'buyer-1', operation: 'POST /x', key: 'k', asked: ['/x', {}] };
const reply = { status: 200, body: { success: true } };

function withStore(overrides: Partial<IdempotencyStore>) {
  const log: string[] = [];
  const warnings: string[] = [];
  const store: IdempotencyStore = {
    begin: async (key) => {
      log.push(`begin ${key}`);
      return { outcome: 'begun', fence: 'f1' };
    },
    complete: async (_key, fence, { status, body }) => void log.push(`complete ${fence} ${status} ${body}`),
    release: async (_key, fence) => void log.push(`release ${fence}`),
    ...overrides,
  };
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (_: object, message: string) => void warnings.push(message),
  };
  return { once: createIdempotency({ store, clock: { now: () => 0 }, logger, crash: () => undefined }), log, warnings };
}

describe('idempotency', () => {
  it('names the key by user, operation and key, and keeps the answer', async () => {
    const { once, log } = withStore({});
    await once(call, async () => reply);
    expect(log).to.deep.equal(['begin idem:buyer-1:POST /x:k', 'complete f1 200 {"success":true}']);
  });

  it('fingerprints what is asked, not how it is written', async () => {
    const hashes: string[] = [];
    const { once } = withStore({
      begin: async (_key, hash) => {
        hashes.push(hash);
        return { outcome: 'begun', fence: 'f1' };
      },
    });
    for (const asked of [
      ['/x', { a: 1 }],
      ['/x', { a: 1 }],
      ['/y', { a: 1 }],
      ['/x', { a: 2 }],
    ]) {
      await once({ ...call, asked }, async () => reply);
    }
    expect(hashes[0]).to.equal(hashes[1]);
    expect(new Set(hashes).size).to.equal(3);
  });

  it('answers a success even when its record cannot be kept: the claim in the transition is the safety', async () => {
    const { once, warnings } = withStore({ complete: async () => Promise.reject(new Error('down')) });
    expect(await once(call, async () => reply)).to.include({ status: 200, replayed: false });
    expect(warnings).to.have.length(1);
  });

  it('frees the key of a call that failed and passes its error on, also when freeing fails', async () => {
    const failure = new Error('busy');
    const { once, log } = withStore({});
    expect(await once(call, async () => Promise.reject(failure)).catch((error: unknown) => error)).to.equal(failure);
    expect(log).to.include('release f1');
    const broken = withStore({ release: async () => Promise.reject(new Error('down')) });
    expect(await broken.once(call, async () => Promise.reject(failure)).catch((error: unknown) => error)).to.equal(
      failure,
    );
  });

  it('does not run a call whose key cannot be looked up', async () => {
    const { once } = withStore({ begin: async () => Promise.reject(new Error('down')) });
    let ran = false;
    const attempt = once(call, async () => {
      ran = true;
      return reply;
    });
    expect(await attempt.catch((error: Error) => error.message)).to.equal('down');
    expect(ran).to.equal(false);
  });

  it('reads keys of visible ASCII', () => {
    expect(readKey(undefined)).to.equal(null);
    expect(readKey('a:b/c-1')).to.equal('a:b/c-1');
    for (const bad of ['', 'a b', 'ü', 'x'.repeat(129)]) expect(() => readKey(bad)).to.throw(/Idempotency-Key/);
  });
});
