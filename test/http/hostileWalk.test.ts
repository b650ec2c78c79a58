import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { readDocument } from '../../scripts/fuzz/document.ts';
import { fuzz } from '../../scripts/fuzz/run.ts';
import { idleApp } from '../../scripts/routes/idleApp.ts';
import { paymentStatuses } from '../../server/domain/state.ts';
import { listRoutes } from '../../server/http/mounted.ts';
import { transitionCollection } from '../../server/store/transitionSchema.ts';
import { buildState, buildTransition } from '../support/factories.ts';
import { uniqueDatabase } from '../support/services.ts';
import { openTestApp, patienceMs, type TestApp } from '../support/testApp.ts';

const seed = 20_261_122;
const txHash = `0x${'ab'.repeat(32)}`;

/** What somebody might send who wants a payment to be what it is not. */
const claims = (paymentId: string): readonly (string | undefined)[] => [
  undefined,
  ...[
    { status: 'completed', escrowState: 'released', paymentStatus: 'completed', seq: 99 },
    { paymentId, status: 'completed', transactionHash: txHash },
    { paymentId, txHash, transactionHash: txHash, confirmations: 99 },
    { paymentId, status: 'PAID', external_id: `AMN_${paymentId}`, paid: true, crypto: 'BNB-USDT', transactions: [] },
    { status: 'cancelled' },
    { data: { paymentId, status: 'released' }, id: paymentId, success: true },
  ].map((body) => JSON.stringify(body)),
];

/** One world for all of it: a real database with payments in every status, and no worker that might move them. */
describe('hostile callers of every route', function () {
  this.timeout(4 * patienceMs);
  let app: TestApp;
  let client: MongoClient;
  const payments = paymentStatuses.map((status) => buildState({ status }));
  const ids = payments.map(({ id }) => id);

  before(async () => {
    const { uri } = uniqueDatabase('hostile');
    client = new MongoClient(uri);
    app = await openTestApp({
      ...{ MONGODB_URI: uri, ROLES: 'web', DEVELOPMENT_ROUTES: 'on' },
      ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    });
    const { transitions } = app.deps.store;
    const opened = payments.map((state) => buildTransition({ paymentId: state.id, state }));
    await transitions.append(opened);
    for (const transition of opened) await transitions.project(transition);
  });
  after(async () => {
    await app?.close();
    await client?.db().dropDatabase();
    await client?.close();
  });

  /** What the log and its projection say of the payments, in full. */
  async function stored() {
    const of = (name: string) => client.db().collection<{ _id: string; p: string }>(name);
    const rows = await of('payments')
      .find({ _id: { $in: ids } })
      .sort({ _id: 1 })
      .toArray();
    const log = await of(transitionCollection)
      .find({ p: { $in: ids } })
      .sort({ _id: 1 })
      .toArray();
    return { rows, log };
  }

  it('leave every payment as it was when they say nobody is asking, with whatever bodies', async () => {
    const before = await stored();
    expect(before.rows.map((row) => Reflect.get(row, 'status'))).to.have.members([...paymentStatuses]);
    expect(before.log).to.have.length(paymentStatuses.length);
    const { rows } = listRoutes(idleApp({ development: true }));
    let accepted = 0;
    for (const { method, path, auth } of rows) {
      const calls = ids.flatMap((id, at) => {
        const target = path.replace(/:[A-Za-z]+/g, id);
        const bodies = method === 'GET' ? [undefined] : claims(id);
        // three of them for each payment, and over all payments each of them for each route
        const chosen = [0, 1, 2].map((n) => bodies[(3 * at + n) % bodies.length]);
        return [...new Set(chosen)].map((body) => ({ target, body }));
      });
      const statuses = await Promise.all(calls.map(({ target, body }) => knock(method, target, body)));
      if (auth === 'token') expect(new Set(statuses), `${method} ${path}`).to.deep.equal(new Set([401]));
      for (const status of statuses) expect(status, `${method} ${path}`).to.be.below(500);
      accepted += statuses.filter((status) => status < 300).length;
    }
    expect(accepted).to.be.above(0);
    expect(await stored()).to.deep.equal(before);
  });

  async function knock(method: string, target: string, body: string | undefined): Promise<number> {
    const sent = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } };
    const answer = await fetch(`${app.url}${target}`, { method, ...sent });
    await answer.arrayBuffer();
    return answer.status;
  }

  it('get declared answers that fit their schemas, and break nothing, whatever they send as whomever', async () => {
    const before = await stored();
    const token = (role: 'buyer' | 'seller' | 'admin') => app.bearer(role).replace('Bearer ', '');
    const tokens = { buyer: token('buyer'), seller: token('seller'), admin: token('admin') };
    const told: string[] = [];
    const say = (line: string) => void told.push(line);
    const wanted = { url: app.url, tokens, runs: 1, seed, seconds: 12, absent: [], say };
    const found = await fuzz({ ...wanted, document: readDocument() });
    const lines = found.findings.map(
      ({ operation, caller, what, curl }) => `${operation} as ${caller}: ${what}\n${curl}`,
    );
    expect(lines.join('\n\n'), `seed ${seed}`).to.equal('');
    const { apiKeys } = app.deps.store;
    const own = (await apiKeys.list(500)).find(({ name, scopes }) => name === 'fuzz' && scopes.length === 5);
    expect(own?.revokedAtMs, 'its key, which may do everything').to.be.a('number');
    expect(found.operations).to.be.above(70);
    expect(Object.keys(found.statuses)).to.include.members(['200', '400', '401', '404']);
    expect((await stored()).log.map(({ _id }) => _id)).to.include.members(before.log.map(({ _id }) => _id));
  });

  it('poison no prototype', () => {
    expect(Reflect.has({}, 'polluted')).to.equal(false);
    expect(Reflect.has({}, 'isAdmin')).to.equal(false);
  });
});
