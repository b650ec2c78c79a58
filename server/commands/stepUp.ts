import type { AccessTokens, Credentials } from '../ports/identity.ts';
import type { Logger } from '../ports.ts';
import { factorLifeMs } from './rules/freshFactor.ts';
import { proveFactor, type SecondFactorDeps } from './rules/secondFactor.ts';
import { type SessionDeps, userOfBearer } from './rules/sessionUser.ts';

export interface StepUpDeps extends SecondFactorDeps, SessionDeps {
  readonly accessTokens: AccessTokens;
  readonly logger: Logger;
}

/** Proves the second factor anew: an access token that carries its time. */
export function createStepUp(deps: StepUpDeps) {
  return async function stepUp(input: { readonly bearer: Credentials; readonly code: string }) {
    const { user, session } = await userOfBearer(deps, input.bearer);
    const factorAtMs = await proveFactor(deps, user, input.code);
    deps.logger.info({ userId: user.id, sessionId: session.id }, 'an admin proved a second factor');
    const access = deps.accessTokens.sign({ userId: user.id, role: user.role, sessionId: session.id, factorAtMs });
    return { access, steppedUpUntilMs: factorAtMs + factorLifeMs };
  };
}
