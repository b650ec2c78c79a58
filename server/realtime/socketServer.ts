import type { Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Redis } from 'ioredis';
import { Server, type Socket } from 'socket.io';
import { admission } from './admission.ts';
import type { Emitter } from './broadcast.ts';
import { authenticate, followSession, guardSessions, type SocketActor, type TokenChecks } from './handshake.ts';
import { followRequests, type JoinDeps } from './joinRequests.ts';
import { createStreams } from './redisStreams.ts';
import { roomsOf } from './rooms.ts';

interface SocketDeps extends JoinDeps, TokenChecks {
  readonly allowedOrigins: readonly string[];
  /** Names the Redis that carries events between processes; the sockets open connections of their own to it. */
  readonly redis: Redis | null;
}

/** Node fires timers above 2^31 - 1 ms at once, so longer sessions are cut there. */
const longestTimerMs = 2_147_483_647;
/** How long a client may take to say goodbye when the server stops; a frozen one would hold it for 30 s. */
const goodbyeMs = 1_000;

function welcome(deps: SocketDeps) {
  return (socket: Socket) => {
    const actor: SocketActor = socket.data.actor;
    const left = Math.min(Math.max(actor.expiresAtMs - deps.now(), 0), longestTimerMs);
    const expiry = setTimeout(() => socket.disconnect(true), left);
    socket.on('disconnect', () => clearTimeout(expiry));
    followSession(socket, actor, deps.demandOpenSession);
    followRequests(socket, actor, deps);
    const rooms = roomsOf(actor);
    socket.join(rooms);
    socket.emit('ready', { rooms });
  };
}

/** Remembers upgraded connections, which `http.closeAllConnections` does not know any more. */
function trackUpgrades(http: HttpServer): ReadonlySet<Duplex> {
  const open = new Set<Duplex>();
  http.on('upgrade', (_request, connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
  });
  return open;
}

async function closeServer(io: Server, http: HttpServer | null, upgraded: ReadonlySet<Duplex>): Promise<void> {
  // without an HTTP server there is no engine, which `io.close` takes for granted
  if (http === null) return void (await io.of('/').adapter.close());
  const cut = setTimeout(() => {
    for (const connection of upgraded) connection.destroy();
  }, goodbyeMs);
  await io.close();
  clearTimeout(cut);
}

/** The Socket.IO server; without `http` it only emits (worker processes), through Redis to the processes that hold the sockets. */
export function createSocketServer(http: HttpServer | null, deps: SocketDeps) {
  const streams = deps.redis ? createStreams(deps.redis) : null;
  const io = new Server({
    serveClient: false,
    // Long polling would need a balancer that keeps each client with its process, and open a session for whoever asks, which no limit of connections counts.
    transports: ['websocket'],
    maxHttpBufferSize: 16_384,
    cors: { origin: [...deps.allowedOrigins] },
    connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: false },
    ...(streams ? { adapter: streams.adapter } : {}),
  });
  guardSessions(io.of('/'), deps);
  io.use(authenticate(deps));
  admission(io);
  io.on('connection', welcome(deps));
  const upgraded = http ? trackUpgrades(http) : new Set<Duplex>();
  if (http) io.attach(http);
  return {
    /** Everybody; while Redis is away this process alone (clients of other processes then catch up by seq). */
    emitter: (): Emitter => io,
    /** Ends every socket, the HTTP server with them, and every connection to Redis. */
    close: async () => {
      await closeServer(io, http, upgraded);
      streams?.close();
    },
  };
}
