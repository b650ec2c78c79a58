import { AppError } from '../errors.ts';
import type { ApiKey, ApiKeyStore } from '../ports/apiKeys.ts';
import type { Actor, Clock } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';

export interface RevokeApiKeyDeps {
  readonly apiKeys: Pick<ApiKeyStore, 'revoke'>;
  readonly clock: Clock;
}

/** Ends a key at once and for ever; a repeat changes nothing. */
export function createRevokeApiKey({ apiKeys, clock }: RevokeApiKeyDeps) {
  return async function revokeApiKey({ actor, id }: { readonly actor: Actor; readonly id: string }): Promise<ApiKey> {
    demandAdmin(actor);
    const key = await apiKeys.revoke(id, clock.now());
    if (key === null) throw new AppError('not_found', 'There is no such key.');
    return key;
  };
}
