import { AppError } from '../errors.ts';
import type { AccessTokens, Credentials } from '../ports/identity.ts';
import type { Logger } from '../ports.ts';
import { backupCodeHash, type SecondFactorDeps, seedPlace, takeCode, useTimeCode } from './rules/secondFactor.ts';
import { type SessionDeps, userOfBearer } from './rules/sessionUser.ts';
import { judged } from './rules/tries.ts';

export interface ConfirmFactorDeps extends SecondFactorDeps, SessionDeps {
  readonly accessTokens: AccessTokens;
  readonly logger: Logger;
}

/** A seed that nobody confirmed within a day was not read by its owner. */
const pendingMs = 24 * 3_600_000;
const backupCodes = 10;

/** Makes a pending seed the second factor by its first code; ends the user's other sessions, which were opened without it. */
export function createConfirmFactor(deps: ConfirmFactorDeps) {
  const { users, sessions, secretBox, hiddenTexts, clock } = deps;

  const openPending = (id: string, sealed: string) => secretBox.open(seedPlace(id, 'pendingSeed'), sealed);

  /** A change of keys may have sealed the same seed anew meanwhile. */
  async function confirmAnew(id: string, seed: string, factor: { seed: string; backupCodes: string[] }) {
    const waiting = (await users.byId(id))?.pendingSeed ?? null;
    return waiting !== null && openPending(id, waiting) === seed && users.confirm(id, waiting, factor);
  }

  return async function confirmFactor(input: { readonly bearer: Credentials; readonly code: string }) {
    const { user, session } = await userOfBearer(deps, input.bearer);
    const { id, pendingSeed } = user;
    if (pendingSeed === null || user.pendingAtMs + pendingMs < clock.now())
      throw new AppError(
        'second_factor_missing',
        'Nothing waits to be confirmed: begin at POST /api/payment/v1/second-factor.',
      );
    const giveBack = await takeCode(deps, id);
    const seed = await judged(giveBack, async () => {
      const pending = openPending(id, pendingSeed);
      await useTimeCode(deps, id, pending, input.code);
      return pending;
    });
    const codes = Array.from({ length: backupCodes }, hiddenTexts.backupCode);
    const hashes = codes.map((code) => backupCodeHash(hiddenTexts, id, code));
    const factor = { seed: secretBox.seal(seedPlace(id, 'seed'), seed), backupCodes: hashes };
    if (!(await users.confirm(id, pendingSeed, factor)) && !(await confirmAnew(id, seed, factor))) {
      throw new AppError('second_factor_missing', 'Another seed waits by now; begin again.');
    }
    await sessions.endAllOf(id, clock.now(), 'a second factor was set', session.id);
    deps.logger.info({ userId: id }, 'an admin set a second factor');
    const factorAtMs = clock.now();
    const access = deps.accessTokens.sign({ userId: id, role: user.role, sessionId: session.id, factorAtMs });
    return { access, backupCodes: codes };
  };
}
