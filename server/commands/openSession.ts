import { AppError } from '../errors.ts';
import type { AccessTokens, AdminUser, Passwords, Session, SessionStore } from '../ports/identity.ts';
import type { Ids, Logger } from '../ports.ts';
import { proveFactor, type SecondFactorDeps } from './rules/secondFactor.ts';
import { judged, takeLogIn } from './rules/tries.ts';

export interface OpenSessionDeps extends SecondFactorDeps {
  readonly sessions: SessionStore;
  readonly passwords: Passwords;
  readonly accessTokens: AccessTokens;
  readonly ids: Ids;
  readonly logger: Logger;
}
export interface OpenSessionInput {
  readonly name: string;
  readonly password: string;
  readonly code?: string | undefined;
  readonly address: string;
  /** Told whose account it is before anything is decided, for the audit trail alone. */
  readonly tellAccount?: (userId: string) => void;
}

/** A session ends a week after its log-in, whatever was refreshed. */
const lifeMs = 7 * 24 * 3_600_000;

/** Logs an admin user in: password, and the code of his second factor where he has one. */
export function createOpenSession(deps: OpenSessionDeps) {
  const { users, sessions, passwords, hiddenTexts, clock, logger } = deps;

  /** A name that does not exist costs the same tries and the same work; it never reaches the log, since people type passwords there. */
  async function known({ name, password, tellAccount }: OpenSessionInput): Promise<AdminUser> {
    const user = await users.byName(name.toLowerCase());
    if (user !== null) tellAccount?.(user.id);
    const isRight = await passwords.matches(user === null || user.isDisabled ? null : user.passwordHash, password);
    if (user === null || !isRight) {
      logger.warn({ userId: user?.id }, 'a log-in was refused');
      throw new AppError('login_refused', 'The name or the password is wrong.');
    }
    return user;
  }

  async function authenticated(input: OpenSessionInput) {
    const { giveBack, remember } = await takeLogIn(deps, input);
    return { user: await judged(giveBack, () => known(input)), remember };
  }

  async function factorOf(user: AdminUser, code: string | undefined): Promise<{ factorAtMs?: number }> {
    if (user.seed === null) return {};
    if (code === undefined)
      throw new AppError('code_required', 'This user has a second factor: send its `code`, or a backup code, as well.');
    return { factorAtMs: await proveFactor(deps, user, code) };
  }

  return async function openSession(input: OpenSessionInput) {
    const { user, remember } = await authenticated(input);
    const factor = await factorOf(user, input.code);
    const now = clock.now();
    const session: Session = {
      ...{ id: deps.ids.attempt(), userId: user.id },
      ...{ createdAtMs: now, expiresAtMs: now + lifeMs, endedAtMs: null },
    };
    const refreshToken = hiddenTexts.refreshToken();
    // signed first: a server that cannot sign must not leave a session behind
    const access = deps.accessTokens.sign({ userId: user.id, role: user.role, sessionId: session.id, ...factor });
    await sessions.open(session, hiddenTexts.hash(refreshToken));
    await remember();
    logger.info({ userId: user.id, sessionId: session.id }, 'an admin logged in');
    return { access, refreshToken, refreshUntilMs: session.expiresAtMs, hasFactor: user.seed !== null };
  };
}
