import { AppError } from '../errors.ts';
import type { ApiKeyStore, KnownServer, ReplayCache, SignedCall } from '../ports/apiKeys.ts';
import type { SecretBox } from '../ports/identity.ts';
import type { Actor, Clock, Logger } from '../ports.ts';
import { secretPlaceOf } from './rules/apiKeySecret.ts';
import { isSignedBy, signatureWindowSeconds } from './rules/requestSignature.ts';

export interface KnowServerDeps {
  readonly apiKeys: Pick<ApiKeyStore, 'find' | 'touch'>;
  readonly secretBox: Pick<SecretBox, 'open'>;
  readonly replays: ReplayCache;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How exact "last used" is; a busy server writes it no more often. */
const touchEveryMs = 60_000;
/** Stands in for a key that is not there, so that its refusal costs what a wrong signature costs. */
const nobodysSecret = 'hfs_nobody';
const speaksFor = /^(buyer|seller):([A-Za-z0-9_-]{1,64})$/;

function refuse(reason: string): never {
  throw new AppError('invalid_signature', 'The signature of this call is not valid.', { details: { reason } });
}

/** The user a call is made for, as the signed header names him. */
function onBehalfOf(call: SignedCall): Actor | null {
  const given = call.headers.get('x-on-behalf-of');
  if (given === undefined) return null;
  const [, role, userId = ''] = speaksFor.exec(given) ?? [];
  if (role !== 'buyer' && role !== 'seller')
    throw new AppError('validation_failed', 'X-On-Behalf-Of: must be buyer:<user id> or seller:<user id>');
  return { userId, role };
}

/** Knows a marketplace's server by its signature, once each; says why not only to whoever holds the secret. */
export function createKnowServer({ apiKeys, secretBox, replays, clock, logger }: KnowServerDeps) {
  function noteUse(id: string, lastUsedAtMs: number | null, now: number): void {
    if (lastUsedAtMs !== null && now - lastUsedAtMs < touchEveryMs) return;
    apiKeys
      .touch(id, now, now - touchEveryMs)
      .catch((error: unknown) => logger.warn({ err: error, keyId: id }, 'the use of a key was not noted'));
  }

  async function demandFirst({ keyId, signature, method, target }: SignedCall): Promise<void> {
    const verdict = await replays.first(`${keyId}:${signature}`);
    if (verdict === 'seen') refuse('replayed');
    // A call that changes something carries an idempotency key in its signature, and repeats no effect.
    if (verdict === 'unknown')
      logger.warn({ keyId, method, path: target.split('?')[0] }, 'a signed call was not checked for a replay');
  }

  return async function knowServer(call: SignedCall): Promise<KnownServer> {
    const now = clock.now();
    const distance = Math.abs(Math.floor(now / 1000) - Number(call.timestamp));
    if (!(distance <= signatureWindowSeconds)) refuse('timestamp_outside_window');
    const key = await apiKeys.find(call.keyId);
    const secret = key === null ? nobodysSecret : secretBox.open(secretPlaceOf(key.id), key.sealedSecret);
    const signed = isSignedBy(secret, call);
    if (key === null || !signed) return refuse('signature_mismatch');
    if (key.revokedAtMs !== null) refuse('key_revoked');
    if (key.expiresAtMs !== null && key.expiresAtMs <= now) refuse('key_expired');
    const user = onBehalfOf(call);
    await demandFirst(call);
    noteUse(key.id, key.lastUsedAtMs, now);
    return { keyId: key.id, scopes: key.scopes, onBehalfOf: user };
  };
}
