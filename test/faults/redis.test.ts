import { expect } from 'chai';
import { io } from 'socket.io-client';
import { startRedis } from '../../scripts/services/redis.ts';
import { eventually } from '../support/eventually.ts';
import { audit } from './support/audit.ts';
import { openStage, people, type Stage } from './support/stage.ts';
import { openTrade, settle, stepLimitMs, units, untilPayment } from './support/trade.ts';

describe('faults: Redis is away for a whole trade', function () {
  this.timeout(180_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  let back: Awaited<ReturnType<typeof startRedis>> | undefined;
  after(async () => {
    await stage.close();
    await back?.stop();
  });

  it('completes and releases without it, and a socket that was away catches up by sequence afterwards', async () => {
    const redis = stage.sandbox.redis;
    if (!redis) throw new Error('the stage has a Redis of its own');
    await redis.program.kill('SIGKILL');
    const trade = await openTrade(stage);
    await stage.chain.pay(trade.payTo, units('100'));
    await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
    const released = await settle(stage, trade.paymentId, 'release');
    expect(released.status).to.equal('released');
    back = await startRedis({ directory: stage.directory, port: redis.port });

    const missed = await stage.call('GET', `/api/payment/${trade.paymentId}/events?after=0`, {
      token: stage.token(people.seller, 'seller'),
    });
    const types = (missed.body.data as { type: string }[]).map((event) => event.type);
    expect(types).to.include.members(['payment_completed', 'payment_released']);

    const received: string[] = [];
    const socket = io(String(stage.sandbox.servers[0]?.url), {
      auth: { token: stage.token(people.buyer, 'buyer') },
      transports: ['websocket'],
    });
    socket.onAny((event: string, payload: { paymentId?: string }) => received.push(`${event} ${payload.paymentId}`));
    await eventually(() => socket.connected, { timeoutMs: stepLimitMs, what: 'a socket connects again' });
    const next = await openTrade(stage);
    await eventually(() => received.includes(`payment-created ${next.paymentId}`), {
      timeoutMs: stepLimitMs,
      what: 'events arrive over Redis again',
    });
    socket.disconnect();
    await audit(stage);
  });
});
