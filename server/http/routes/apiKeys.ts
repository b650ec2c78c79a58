import type { Router } from 'express';
import type { ApiKey } from '../../ports/apiKeys.ts';
import type { AppDeps } from '../appDeps.ts';
import { type ApiKeyDocument, issueApiKey, listApiKeys, revokeApiKey } from '../endpoints/apiKeys.ts';
import { exactRouter } from '../exactRouter.ts';
import { iso } from '../presentParts.ts';
import type { Serve } from '../serve.ts';

/** Live and ended keys that one answer shows. */
const shownMax = 500;

const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));

function stateOf({ revokedAtMs, expiresAtMs }: ApiKey, now: number): ApiKeyDocument['state'] {
  if (revokedAtMs !== null) return 'revoked';
  return expiresAtMs !== null && expiresAtMs <= now ? 'expired' : 'live';
}

/** Field by field, so that the sealed secret cannot slip out. */
function present(key: ApiKey, now: number): ApiKeyDocument {
  const { id, name, scopes, createdBy } = key;
  return {
    ...{ id, name, scopes: [...scopes], state: stateOf(key, now), createdBy, createdAt: iso(key.createdAtMs) },
    expiresAt: isoOrNull(key.expiresAtMs),
    revokedAt: isoOrNull(key.revokedAtMs),
    lastUsedAt: isoOrNull(key.lastUsedAtMs),
  };
}

/** Keys of servers, for admins. */
export function apiKeyRoutes({ commands, apiKeys, clock }: AppDeps, serve: Serve): Router {
  const router = exactRouter();

  serve(router, issueApiKey, async ({ actor, body, claimed }) => {
    const { key, secret } = await commands.issueApiKey({ actor, ...body, ...claimed });
    return { success: true, data: { ...present(key, clock.now()), secret } };
  });

  serve(router, listApiKeys, async () => {
    return { success: true, data: (await apiKeys.list(shownMax)).map((key) => present(key, clock.now())) };
  });

  serve(router, revokeApiKey, async ({ actor, params }) => {
    const key = await commands.revokeApiKey({ actor, ...params });
    return { success: true, data: present(key, clock.now()) };
  });

  return router;
}
