import type { AccessTokens, HiddenTexts, RefreshToken, SecurityAlarm, Session } from '../ports/identity.ts';
import type { Logger } from '../ports.ts';
import { type SessionDeps, sessionEnded, userOfSession } from './rules/sessionUser.ts';

export interface RefreshSessionDeps extends SessionDeps {
  readonly accessTokens: AccessTokens;
  readonly hiddenTexts: HiddenTexts;
  readonly alarm: SecurityAlarm;
  readonly logger: Logger;
}
export interface RefreshSessionInput {
  readonly refreshToken: string;
  /** Tells one client from another; kept as it is. */
  readonly client: string;
  /** Told whose account it is before anything is decided, for the audit trail alone. */
  readonly tellAccount?: (userId: string) => void;
}

/** Two tabs, or a client whose answer was lost, ask twice within this time. */
const graceMs = 10_000;

/** Exchanges a refresh token for the next one; a token that comes a second time ends its session. */
export function createRefreshSession(deps: RefreshSessionDeps) {
  const { sessions, hiddenTexts, clock, logger } = deps;

  async function endStolen({ id, userId }: Session): Promise<never> {
    const now = clock.now();
    if (await sessions.end(id, now, 'a refresh token came twice')) {
      logger.warn({ sessionId: id, userId }, 'a refresh token came twice: its session is ended');
      const reason = `a refresh token of ${userId} came twice; the session is ended`;
      await deps.alarm({ key: `refreshTokenReused:${id}`, reason, atMs: now });
    }
    throw sessionEnded();
  }

  /** The same client gets the same next token for a while; everybody else holds a copy. */
  function again(token: RefreshToken, input: RefreshSessionInput): string | null {
    const isSoon = token.usedAtMs !== null && clock.now() - token.usedAtMs <= graceMs;
    return isSoon && token.usedBy === input.client ? hiddenTexts.readNext(input.refreshToken, token.next) : null;
  }

  async function exchange(token: RefreshToken, session: Session, input: RefreshSessionInput): Promise<string> {
    if (token.usedAtMs === null) {
      const next = hiddenTexts.refreshToken();
      await sessions.addToken(session, hiddenTexts.hash(next));
      const use = { usedAtMs: clock.now(), usedBy: input.client, next: hiddenTexts.hideNext(input.refreshToken, next) };
      if (await sessions.spend({ hash: token.hash, ...use })) return next;
    }
    const now = token.usedAtMs === null ? await sessions.token(token.hash) : token;
    return (now && again(now, input)) ?? endStolen(session);
  }

  return async function refreshSession(input: RefreshSessionInput) {
    const token = await sessions.token(hiddenTexts.hash(input.refreshToken));
    if (token === null) throw sessionEnded();
    const found = await sessions.session(token.sessionId);
    if (found !== null) input.tellAccount?.(found.userId);
    const { user, session } = await userOfSession(deps, found);
    const refreshToken = await exchange(token, session, input);
    const access = deps.accessTokens.sign({ userId: user.id, role: user.role, sessionId: session.id });
    return { access, refreshToken, refreshUntilMs: session.expiresAtMs, hasFactor: user.seed !== null };
  };
}
