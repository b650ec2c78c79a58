import type { HiddenTexts, SessionStore } from '../ports/identity.ts';
import type { Clock } from '../ports.ts';

export interface EndSessionDeps {
  readonly sessions: SessionStore;
  readonly hiddenTexts: HiddenTexts;
  readonly clock: Clock;
}

export interface EndSessionInput {
  readonly refreshToken: string;
  /** Told whose session was ended, for the audit trail alone. */
  readonly tellAccount?: (userId: string) => void;
}

/** Logs out: ends the session of a refresh token, whichever of its tokens it is; what is no token ends nothing and is not told apart. */
export function createEndSession({ sessions, hiddenTexts, clock }: EndSessionDeps) {
  return async function endSession({ refreshToken, tellAccount }: EndSessionInput): Promise<void> {
    const token = await sessions.token(hiddenTexts.hash(refreshToken));
    if (token === null) return;
    const session = await sessions.session(token.sessionId);
    const ended = await sessions.end(token.sessionId, clock.now(), 'logged out');
    if (ended && session !== null) tellAccount?.(session.userId);
  };
}
