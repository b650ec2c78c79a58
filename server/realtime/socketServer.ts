import type { Server as HttpServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Redis } from 'ioredis';
import { Server, type Socket } from 'socket.io';
import { z } from 'zod';
import type { Actor, Logger, MarketplaceStore } from '../ports.ts';
import type { Emitter } from './broadcast.ts';
import { mayFollow, requestRoom, roomsOf } from './rooms.ts';

interface SocketDeps {
  readonly verify: (token: string) => Actor & { readonly expiresAtMs: number };
  readonly marketplace: Pick<MarketplaceStore, 'request' | 'offersOf'>;
  readonly allowedOrigins: readonly string[];
  readonly redis: Redis | null;
  readonly logger: Logger;
  readonly now: () => number;
}

const joinMessage = z.strictObject({ requestId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });
/** A client has few reasons to speak: joins of request rooms. More than this a minute is a fault or an attack. */
const joinsPerMinute = 60;
/** Offers looked at to decide who may follow a request; more than a request ever has in practice. */
const offersConsidered = 500;
/** Node fires timers above 2^31 - 1 ms at once, so longer sessions are cut there. */
const longestTimerMs = 2_147_483_647;

function authenticate(deps: SocketDeps) {
  return (socket: Socket, next: (error?: Error) => void) => {
    try {
      const token = z.string().max(4096).parse(socket.handshake.auth.token);
      socket.data.actor = deps.verify(token);
      next();
    } catch {
      next(new Error('not_authenticated'));
    }
  };
}

function followRequests(socket: Socket, actor: Actor, deps: SocketDeps): void {
  let windowStart = deps.now();
  let joins = 0;
  socket.on('join-request', async (message: unknown, acknowledge?: (answer: object) => void) => {
    const answer = typeof acknowledge === 'function' ? acknowledge : () => undefined;
    if (deps.now() - windowStart > 60_000) {
      windowStart = deps.now();
      joins = 0;
    }
    joins += 1;
    const parsed = joinMessage.safeParse(message);
    if (joins > joinsPerMinute || !parsed.success) return answer({ success: false, code: 'validation_failed' });
    try {
      const { requestId } = parsed.data;
      const request = await deps.marketplace.request(requestId);
      const allowed =
        request && mayFollow(actor, request, await deps.marketplace.offersOf(requestId, offersConsidered));
      if (!allowed) return answer({ success: false, code: 'not_found' });
      await socket.join(requestRoom(requestId));
      answer({ success: true });
    } catch (error) {
      deps.logger.warn({ error }, 'a socket could not join a request room');
      answer({ success: false, code: 'busy' });
    }
  });
}

function welcome(deps: SocketDeps) {
  return async (socket: Socket) => {
    const actor = socket.data.actor as Actor & { expiresAtMs: number };
    const left = Math.min(Math.max(actor.expiresAtMs - deps.now(), 0), longestTimerMs);
    const expiry = setTimeout(() => socket.disconnect(true), left);
    socket.on('disconnect', () => clearTimeout(expiry));
    followRequests(socket, actor, deps);
    await socket.join(roomsOf(actor));
    socket.emit('ready', { rooms: roomsOf(actor) });
  };
}

/** The Socket.IO server; without `http` it only emits (worker processes), through Redis to the processes that hold the sockets. */
export function createSocketServer(http: HttpServer | null, deps: SocketDeps) {
  const io = new Server({
    serveClient: false,
    maxHttpBufferSize: 16_384,
    cors: { origin: [...deps.allowedOrigins] },
    connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: false },
    ...(deps.redis ? { adapter: createAdapter(deps.redis) } : {}),
  });
  io.use(authenticate(deps));
  io.on('connection', welcome(deps));
  if (http) io.attach(http);
  return {
    /** Everybody, or this process alone while Redis is away (other processes' clients then catch up by seq). */
    emitter: (): Emitter => (deps.redis && deps.redis.status !== 'ready' ? io.local : io),
    close: async () => {
      await io.close();
    },
  };
}
