import type { Namespace, Socket } from 'socket.io';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Credentials } from '../ports/identity.ts';
import type { Actor } from '../ports.ts';

/** The holder of a socket and when his token ends. */
export type SocketActor = Actor & Pick<Credentials, 'sessionId'> & { readonly expiresAtMs: number };

/** What is asked of a token, and of the session behind it where it is one of ours. */
export interface TokenChecks {
  readonly verify: (token: string) => SocketActor;
  /** Throws `session_ended` when the session is over or its user disabled. */
  readonly demandOpenSession: (sessionId: string) => Promise<void>;
}

/** A session that ended is noticed by its sockets after so long; a stop of the token alone would take 15 minutes. */
const askAgainMs = 5_000;

const tokenSchema = z.string().max(4096);
const keptActor = z.object({
  userId: z.string(),
  role: z.string(),
  expiresAtMs: z.number(),
  sessionId: z.string().optional(),
});

/** Lets nobody in without a valid token; a session that is taken up again must be taken up by the same person in the same role. */
export function authenticate({ verify, demandOpenSession }: TokenChecks) {
  return async (socket: Socket, next: (error?: Error) => void) => {
    try {
      const { userId, role, expiresAtMs, sessionId } = verify(tokenSchema.parse(socket.handshake.auth.token));
      const session = sessionId === undefined ? {} : { sessionId };
      const actor: SocketActor = { userId, role, expiresAtMs, ...session };
      if (sessionId !== undefined) await demandOpenSession(sessionId);
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

/** Disconnects a socket soon after its session ended; what cannot be asked is asked again, and the token ends by itself. */
export function followSession(socket: Socket, { sessionId }: SocketActor, ask: TokenChecks['demandOpenSession']): void {
  if (sessionId === undefined) return;
  const timer = setInterval(() => {
    ask(sessionId).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'session_ended') socket.disconnect(true);
    });
  }, askAgainMs);
  socket.on('disconnect', () => clearInterval(timer));
}

/**
 * Refuses to restore a session whose token, or whose log-in, has ended. Socket.IO sends the missed events of a restored session before any
 * middleware runs, so the handshake alone would come too late.
 */
export function guardSessions(
  namespace: Namespace,
  { now, demandOpenSession }: Pick<TokenChecks, 'demandOpenSession'> & { readonly now: () => number },
): void {
  const { adapter } = namespace;
  const restore = adapter.restoreSession.bind(adapter);
  adapter.restoreSession = async (pid, offset) => {
    const session = await restore(pid, offset);
    const kept = z.object({ actor: keptActor }).safeParse(session?.data);
    if (!kept.success || kept.data.actor.expiresAtMs <= now()) throw new Error('The session has ended');
    const { sessionId } = kept.data.actor;
    if (sessionId !== undefined) await demandOpenSession(sessionId);
    return session;
  };
}
