import { AppError } from '../errors.ts';
import type { ApiKey, ApiKeyScope, ApiKeyStore } from '../ports/apiKeys.ts';
import type { SecretBox } from '../ports/identity.ts';
import type { Actor, Clock, Ids } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';
import { secretPlaceOf } from './rules/apiKeySecret.ts';
import { recordId } from './rules/keyedRecord.ts';

export interface IssueApiKeyDeps {
  readonly apiKeys: Pick<ApiKeyStore, 'insert'>;
  readonly secretBox: Pick<SecretBox, 'seal'>;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface IssueApiKeyInput {
  readonly actor: Actor;
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly expiresInDays?: number | undefined;
  readonly idempotencyClaim?: string | undefined;
}

const dayMs = 86_400_000;
/** A key that pays out has to be looked at again each quarter. */
const payoutDaysMax = 90;

function refuse(outcome: 'sameId' | 'tooMany'): never {
  if (outcome === 'tooMany')
    throw new AppError('too_many_keys', 'There are as many live keys as there may be; revoke one.');
  throw new AppError(
    'secret_already_shown',
    'The first call with this Idempotency-Key issued the key, and its secret is shown only once; revoke that key and issue another.',
  );
}

/** Issues a key for a marketplace's server; its secret leaves this house once, in this answer. */
export function createIssueApiKey(deps: IssueApiKeyDeps) {
  return async function issueApiKey(input: IssueApiKeyInput): Promise<{ key: ApiKey; secret: string }> {
    demandAdmin(input.actor);
    const { scopes, expiresInDays } = input;
    if (scopes.includes('payouts') && (expiresInDays ?? Infinity) > payoutDaysMax) {
      const message = `A key that may pay out ends after at most ${payoutDaysMax} days.`;
      throw new AppError('validation_failed', message, { details: { field: 'expiresInDays' } });
    }
    const id = `hfk_${recordId(deps.ids, input.idempotencyClaim)}`;
    const secret = `hfs_${deps.ids.randomBits()}${deps.ids.randomBits()}`;
    const now = deps.clock.now();
    const key: ApiKey = {
      ...{ id, name: input.name, scopes: [...new Set(scopes)], createdBy: input.actor.userId, createdAtMs: now },
      ...{ revokedAtMs: null, lastUsedAtMs: null },
      expiresAtMs: expiresInDays === undefined ? null : now + expiresInDays * dayMs,
      sealedSecret: deps.secretBox.seal(secretPlaceOf(id), secret),
    };
    const outcome = await deps.apiKeys.insert(key);
    return outcome === 'kept' ? { key, secret } : refuse(outcome);
  };
}
