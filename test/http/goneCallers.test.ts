import { createServer } from 'node:http';
import { expect } from 'chai';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { AppError } from '../../server/errors.ts';
import { eventually } from '../support/eventually.ts';
import { dial, listening } from './rawConnection.ts';
import { addPayment } from './records/openPaymentWorld.ts';
import { paymentId } from './records.ts';
import { bearer, nowMs, standIn } from './standIn.ts';

const keyId = `hfk_${'a'.repeat(24)}`;
const revoke = `POST /api/payment/v1/api-keys/${keyId}/revoke`;
const asKey = { 'x-api-key': keyId, 'x-timestamp': '1', 'x-signature': '0'.repeat(64), 'idempotency-key': 'k' };
const order = JSON.stringify({
  ...{ purchaseRequestId: 'r1', sellerOfferId: 'o1', buyerId: 'b', sellerId: 's', amount: '1' },
  recipientAddress: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
});

/** Sends a call and leaves; who he is becomes known only after the server has seen him go. */
async function leaveEarly(
  line: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { isForged = false, isCounted = false } = {},
) {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const decided = Promise.withResolvers<void>();
  const events: TrailEvent[] = [];
  const nothing = async () => undefined;
  /** Counts the call only after he has gone. */
  const counter = {
    ...{ decrement: nothing, resetKey: nothing },
    async increment() {
      await gone.finally(decided.resolve);
      return { totalHits: 1, resetTime: new Date(nowMs) };
    },
  };
  const world = standIn({
    commands: {
      async openSession({ tellAccount }) {
        tellAccount?.('adm-1');
        await gone.finally(decided.resolve);
        const access = { token: 't', expiresAtMs: 0 };
        return { access, refreshToken: 'r', refreshUntilMs: 0, hasFactor: true };
      },
    },
    deps: {
      trail: async (event) => void events.push(event),
      ...(isCounted ? { limitStore: () => ({ ...counter }) } : {}),
      verifyToken: () => ({ userId: 'adm-1', role: 'admin', sessionId: 's-1' }),
      demandOpenSession: () => gone.finally(decided.resolve),
      async knowServer() {
        await gone.finally(decided.resolve);
        if (isForged) throw new AppError('invalid_signature', 'No.', { details: { reason: 'signature_mismatch' } });
        return { keyId, scopes: ['payouts'], onBehalfOf: null };
      },
    },
  });
  addPayment(world);
  const arrived = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    arrived.resolve();
    response.once('close', resolve);
    world.app(request, response);
  });
  const port = await listening(server);
  const socket = await dial(port);
  const head = { host: 'a', 'content-type': 'application/json', 'content-length': String(body.length), ...headers };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  socket.write([`${line} HTTP/1.1`, ...lines, '', body].join('\r\n'));
  await arrived.promise;
  socket.resetAndDestroy();
  await decided.promise;
  await eventually(() => events.length > 0, { timeoutMs: 5_000, what: 'a record' });
  // whatever was still to be done for him is done before another call is answered
  await fetch(`http://127.0.0.1:${port}/livez`, { headers: { connection: 'close' } });
  server.close();
  return {
    called: world.calls.map(({ command }) => command),
    told: events.map(({ actor, outcome }) => [actor, outcome]),
    from: events.map(({ address }) => address),
  };
}

describe('a caller who leaves before it is known who he is', () => {
  it('pays nothing out by his key, and is recorded', async () => {
    const { called, told } = await leaveEarly('POST /api/payment/shkeeper/payout', asKey, order);
    expect(called).to.deep.equal([]);
    expect(told).to.deep.equal([[`${keyId}.${keyId}`, 'cut']]);
  });

  it('is recorded with what his key was refused for', async () => {
    const { called, told } = await leaveEarly('POST /api/payment/shkeeper/payout', asKey, order, { isForged: true });
    expect(called).to.deep.equal([]);
    expect(told).to.deep.equal([[`claims:${keyId}`, '401 invalid_signature signature_mismatch']]);
  });

  it('is recorded when he logged in, though nobody reads the answer', async () => {
    const words = JSON.stringify({ name: 'anna', password: 'a password of anna' });
    const { told } = await leaveEarly('POST /api/payment/v1/sessions', {}, words);
    expect(told).to.deep.equal([['adm-1', '200']]);
  });

  it('is logged in nowhere when he left before his log-in was counted, and is recorded', async () => {
    const words = JSON.stringify({ name: 'anna', password: 'a password of anna' });
    const { called, told } = await leaveEarly('POST /api/payment/v1/sessions', {}, words, { isCounted: true });
    expect(called).to.deep.equal([]);
    expect(told).to.deep.equal([['', 'cut']]);
  });

  it('starts no look at the chain as somebody known', async () => {
    const hint = `POST /api/payment/decentralized/verify/${paymentId}`;
    const { called, told } = await leaveEarly(hint, { authorization: bearer('admin') }, '{}');
    expect(called).to.deep.equal([]);
    expect(told).to.deep.equal([['adm-1', 'cut']]);
  });

  it('changes nothing as an admin, and is recorded', async () => {
    const { called, told, from } = await leaveEarly(revoke, { authorization: bearer('admin') }, '{}');
    expect(called).to.deep.equal([]);
    expect(told).to.deep.equal([['adm-1', 'cut']]);
    expect(from, 'also with where he called from').to.deep.equal(['127.0.0.1']);
  });
});
