import { AppError } from '../../errors.ts';
import type { AdminUser, AdminUserStore, Credentials, Session, SessionStore } from '../../ports/identity.ts';
import type { Clock } from '../../ports.ts';

/** The stores that say whether a session is open. */
export interface SessionDeps {
  readonly sessions: SessionStore;
  readonly users: AdminUserStore;
  readonly clock: Clock;
}

/** One word for every way a session can be over; strangers cannot tell them apart. */
export const sessionEnded = () => new AppError('session_ended', 'This session has ended; log in again.');

/** The user of an open session; throws `session_ended`. */
export async function userOfSession(
  { users, clock }: SessionDeps,
  session: Session | null,
): Promise<{ readonly user: AdminUser; readonly session: Session }> {
  if (session === null || session.endedAtMs !== null || session.expiresAtMs <= clock.now()) throw sessionEnded();
  const user = await users.byId(session.userId);
  if (user === null || user.isDisabled) throw sessionEnded();
  return { user, session };
}

/** The user behind a bearer token of ours; the marketplace's users have no session here. */
export async function userOfBearer(deps: SessionDeps, { sessionId }: Credentials) {
  if (sessionId === undefined)
    throw new AppError(
      'forbidden',
      'This is for sessions of POST /api/payment/v1/sessions; the marketplace proves its own users.',
    );
  return userOfSession(deps, await deps.sessions.session(sessionId));
}
