import type { HiddenTexts, SessionStore } from '../ports/identity.ts';
import type { Clock } from '../ports.ts';

export interface EndSessionDeps {
  readonly sessions: SessionStore;
  readonly hiddenTexts: HiddenTexts;
  readonly clock: Clock;
}

/** Logs out: ends the session of a refresh token, whichever of its tokens it is; what is no token ends nothing and is not told apart. */
export function createEndSession({ sessions, hiddenTexts, clock }: EndSessionDeps) {
  return async function endSession({ refreshToken }: { readonly refreshToken: string }): Promise<void> {
    const token = await sessions.token(hiddenTexts.hash(refreshToken));
    if (token !== null) await sessions.end(token.sessionId, clock.now(), 'logged out');
  };
}
