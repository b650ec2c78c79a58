import { createConfirmFactor } from '../commands/confirmFactor.ts';
import { createEndSession } from '../commands/endSession.ts';
import { createEnrolFactor } from '../commands/enrolFactor.ts';
import { createOpenSession } from '../commands/openSession.ts';
import { createRefreshSession } from '../commands/refreshSession.ts';
import { userOfSession } from '../commands/rules/sessionUser.ts';
import { createStepUp } from '../commands/stepUp.ts';
import { sessionIssuer } from '../config/identity.ts';
import type { Config } from '../config.ts';
import type { DemandOpenSession, IdentityCommands } from '../http/identityDeps.ts';
import type { Bearer } from '../ports/identity.ts';
import type { Clock, Ids, Logger } from '../ports.ts';
import { hiddenTexts } from '../providers/identity/hiddenTexts.ts';
import { createPasswords } from '../providers/identity/passwords.ts';
import { createSecretBox } from '../providers/identity/secretBox.ts';
import { timeCodes } from '../providers/identity/timeCodes.ts';
import type { Store } from '../store/createStore.ts';
import { byIssuer, createSessionTokens } from '../tokens/sessionTokens.ts';

/** The parts that admin users rest on; the console uses them without a server. */
export function identityPartsOf(parts: { config: Config; store: Store; clock: Clock; ids: Ids; logger: Logger }) {
  const { config, store, ...rest } = parts;
  const { secret, issuer } = { secret: config.SESSION_SECRET, issuer: sessionIssuer };
  return {
    ...rest,
    ...store.identity,
    payoutApprovals: store.payoutApprovals,
    passwords: createPasswords(),
    secretBox: createSecretBox(config.ENCRYPTION_KEYS),
    timeCodes,
    hiddenTexts,
    accessTokens: createSessionTokens({ secret, issuer, clock: parts.clock }),
    alarm: async ({ key, reason, atMs }: { key: string; reason: string; atMs: number }) =>
      store.audit.record({ key, category: 'security', paymentId: '', seq: 0, reason, atMs }),
  };
}

/** Admin users of our own: their use cases, the verifier of both kinds of tokens, and who may still come in. */
export function identityOf(
  parts: Parameters<typeof identityPartsOf>[0] & { readonly verifyMarketplace: (token: string) => Bearer },
) {
  const { verifyMarketplace, ...given } = parts;
  const deps = identityPartsOf(given);
  const commands: IdentityCommands = {
    openSession: createOpenSession(deps),
    refreshSession: createRefreshSession(deps),
    endSession: createEndSession(deps),
    stepUp: createStepUp(deps),
    enrolFactor: createEnrolFactor(deps),
    confirmFactor: createConfirmFactor(deps),
  };
  const demandOpenSession: DemandOpenSession = async (sessionId) => {
    await userOfSession(deps, await deps.sessions.session(sessionId));
  };
  return { commands, demandOpenSession, verify: byIssuer(sessionIssuer, deps.accessTokens.verify, verifyMarketplace) };
}
