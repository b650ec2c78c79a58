import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { io, type Socket } from 'socket.io-client';
import type { PurchaseRequest } from '../../server/domain/trade.ts';
import type { Actor, Logger } from '../../server/ports.ts';
import type { TokenChecks } from '../../server/realtime/handshake.ts';
import { createSocketServer } from '../../server/realtime/socketServer.ts';
import { createTokens } from '../../server/tokens.ts';
import { eventually } from '../support/eventually.ts';

/** Longest wait for something that takes milliseconds on an idle machine. */
export const limitMs = 10_000;
export const tokens = createTokens({ secret: 's'.repeat(32), publicKey: '', issuer: 'holdfast', audience: 'holdfast' });

export const buyer: Actor = { userId: 'anna', role: 'buyer' };
export const seller: Actor = { userId: 'sam', role: 'seller' };
export const stranger: Actor = { userId: 'eve', role: 'buyer' };
export const admin: Actor = { userId: 'ada', role: 'admin' };
export const auditor: Actor = { userId: 'otto', role: 'auditor' };

const request = { id: 'r1', buyerId: buyer.userId } as PurchaseRequest;
/** One request of the buyer with one offer of the seller; the id `broken` makes the store fail. */
const marketplace = {
  async request(id: string) {
    if (id === 'broken') throw new Error('the database is away');
    return id === request.id ? request : null;
  },
  hasOffer: async (requestId: string, sellerId: string) => requestId === request.id && sellerId === seller.userId,
};
export const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore() {}

export interface Heard {
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
}
export interface Listener {
  readonly socket: Socket;
  readonly rooms: string[];
  readonly heard: Heard[];
  /** Why the connection ended, as often as it did. */
  readonly ended: string[];
}

export type SocketServer = Awaited<ReturnType<typeof startSocketServer>>;

/** A socket server on a port of its own, with the Redis of `redisUrl` behind it; without `web` it only emits. */
export async function startSocketServer(
  options: { redisUrl?: string; now?: () => number; web?: boolean; checks?: Partial<TokenChecks> } = {},
) {
  const redis = options.redisUrl ? new Redis(options.redisUrl, { lazyConnect: true }) : null;
  const http = createServer();
  const now = options.now ?? (() => Date.now());
  const sockets = createSocketServer(options.web === false ? null : http, {
    ...{
      verify: tokens.verify,
      demandOpenSession: async () => {},
      ...options.checks,
      marketplace,
      allowedOrigins: [],
      redis,
      logger: silent,
      now,
    },
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const connections = () => promisify(http.getConnections.bind(http))();
  if (options.web === false) await promisify(http.close.bind(http))();
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, connections, ...sockets };
}

/** A socket with whatever it says about itself; it does not try again. */
export function knock(url: string, auth: object): Socket {
  return io(url, { auth, transports: ['websocket'], forceNew: true, reconnection: false });
}

/** Why a socket is refused. */
export function refusalOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => reject(new Error('was let in')));
    socket.once('connect_error', (error) => {
      socket.disconnect();
      resolve(error.message);
    });
  });
}

/** Lets somebody in and writes down all he hears. */
export async function listen(url: string, actor: Actor, auth: object = {}): Promise<Listener> {
  const socket = knock(url, { token: tokens.sign(actor, 60), ...auth });
  const heard: Heard[] = [];
  const ended: string[] = [];
  socket.on('disconnect', (reason) => ended.push(reason));
  socket.onAny((event: string, payload) => heard.push({ event, payload }));
  const rooms = await new Promise<string[]>((resolve, reject) => {
    socket.once('ready', (message: { rooms: string[] }) => resolve(message.rooms));
    socket.once('connect_error', reject);
  });
  return { socket, rooms, heard, ended };
}

export const hears = ({ heard }: Listener, event: string) => heard.filter((entry) => entry.event === event);

/** Resolves when everything sent before on this connection has arrived: the answer to a question comes after it. */
export async function caughtUp({ socket }: Listener): Promise<void> {
  await socket.timeout(limitMs).emitWithAck('join-request', { requestId: 'none' });
}

/** Emits numbered events into a room until one arrives, as a stream of real events would. */
export async function emitUntilHeard(from: SocketServer, room: string, listener: Listener): Promise<void> {
  let n = 0;
  await eventually(
    () => {
      n += 1;
      from.emitter().to([room]).emit('probe', { n });
      return hears(listener, 'probe').length > 0;
    },
    { timeoutMs: limitMs, what: `an event for ${room} arrives` },
  );
}
