import type { Server, Socket } from 'socket.io';
import type { SocketActor } from './handshake.ts';

/** Windows and devices of one person; every socket costs memory and its share of every event. */
const socketsPerUser = 10;

/** Lets a user hold so many sockets of this process and no more; behind `authenticate`. */
export function admission(io: Server): void {
  const held = new Map<string, number>();
  const countOf = ({ data }: Socket) => {
    const { userId }: SocketActor = data.actor;
    return { userId, count: held.get(userId) ?? 0 };
  };

  io.use((socket, next) => {
    next(countOf(socket).count < socketsPerUser ? undefined : new Error('too_many_sockets'));
  });
  io.on('connection', (socket) => {
    const { userId, count } = countOf(socket);
    held.set(userId, count + 1);
    socket.on('disconnect', () => {
      const left = (held.get(userId) ?? 1) - 1;
      if (left > 0) held.set(userId, left);
      else held.delete(userId);
    });
    // Several that knocked at once were all let in before any was counted.
    if (count >= socketsPerUser) socket.disconnect(true);
  });
}
