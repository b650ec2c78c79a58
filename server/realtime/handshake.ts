import type { Namespace, Socket } from 'socket.io';
import { z } from 'zod';
import type { Actor } from '../ports.ts';

/** The holder of a socket and when his token ends. */
export type SocketActor = Actor & { readonly expiresAtMs: number };

const tokenSchema = z.string().max(4096);
const keptActor = z.object({ userId: z.string(), role: z.string(), expiresAtMs: z.number() });

/** Lets nobody in without a valid token; a session that is taken up again must be taken up by the same person in the same role. */
export function authenticate(verify: (token: string) => SocketActor) {
  return (socket: Socket, next: (error?: Error) => void) => {
    try {
      const actor = verify(tokenSchema.parse(socket.handshake.auth.token));
      if (socket.recovered) {
        const before = keptActor.parse(socket.data.actor);
        if (before.userId !== actor.userId || before.role !== actor.role) throw new Error('another person’s session');
      }
      socket.data.actor = actor;
      next();
    } catch {
      next(new Error('not_authenticated'));
    }
  };
}

/**
 * Refuses to restore a session whose token has ended. Socket.IO sends the missed events of a restored session before any
 * middleware runs, so the handshake alone would come too late.
 */
export function guardSessions(namespace: Namespace, now: () => number): void {
  const { adapter } = namespace;
  const restore = adapter.restoreSession.bind(adapter);
  adapter.restoreSession = async (pid, offset) => {
    const session = await restore(pid, offset);
    const kept = z.object({ actor: keptActor }).safeParse(session?.data);
    if (!kept.success || kept.data.actor.expiresAtMs <= now()) throw new Error('The session has ended');
    return session;
  };
}
