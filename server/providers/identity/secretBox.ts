import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { AppError } from '../../errors.ts';
import type { SecretBox, SecretPlace } from '../../ports/identity.ts';

/** A key that encrypts the keys of single secrets, under the name that stands in what it sealed. */
export interface NamedKey {
  readonly kid: string;
  readonly key: Buffer;
}

/** A sealed text could not be opened; says why, never what. */
export class SealBroken extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`A secret at rest cannot be opened: ${why}`, options);
    this.name = 'SealBroken';
  }
}

const cipher = 'aes-256-gcm';
/** AES-256. */
const keyBytes = 32;
/** NIST SP 800-38D: 96 bits, random for every message. */
const ivBytes = 12;
/** The whole tag; a shorter one is easier to forge. */
const tagBytes = 16;
const tag = { authTagLength: tagBytes } as const;
/** `v1.<kid>.<wrapped key>.<secret>`, both parts IV, ciphertext and tag as base64url. */
const form = /^v1\.([A-Za-z0-9_-]{1,16})\.([A-Za-z0-9_-]{80})\.([A-Za-z0-9_-]{38,})$/;

/** Both parts are bound to where they lie, to the key's name and to each other's role; JSON keeps the parts of the list apart. */
const boundTo = ({ collection, id, field }: SecretPlace, kid: string, part: 'key' | 'secret') =>
  Buffer.from(JSON.stringify(['holdfast', 'v1', kid, part, collection, id, field]));

function encrypt(key: KeyObject, aad: Buffer, plain: Buffer): string {
  const iv = randomBytes(ivBytes);
  const sealing = createCipheriv(cipher, key, iv, tag).setAAD(aad);
  return Buffer.concat([iv, sealing.update(plain), sealing.final(), sealing.getAuthTag()]).toString('base64url');
}

function decrypt(key: KeyObject, aad: Buffer, encoded: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64url');
  // one text for one secret: the last character of base64 has bits that mean nothing
  if (bytes.toString('base64url') !== encoded || bytes.length < ivBytes + tagBytes) throw new SealBroken('its form');
  const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), tag).setAAD(aad);
  opening.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([opening.update(bytes.subarray(ivBytes, -tagBytes)), opening.final()]);
  } catch (cause) {
    throw new SealBroken('it was changed, or it belongs somewhere else', { cause });
  }
}

/** Seals each secret with a key of its own, and that key with the first of the given ones; opens what any of them sealed. */
export function createSecretBox(named: readonly NamedKey[]): SecretBox {
  const keys = new Map(named.map(({ kid, key }) => [kid, createSecretKey(key)]));
  const [current] = named;

  return {
    seal(place, secret) {
      const outer = current && keys.get(current.kid);
      if (!outer) throw new AppError('not_ready', 'Secrets cannot be kept: ENCRYPTION_KEYS is not set on this server.');
      const own = randomBytes(keyBytes);
      const wrapped = encrypt(outer, boundTo(place, current.kid, 'key'), own);
      const sealed = encrypt(createSecretKey(own), boundTo(place, current.kid, 'secret'), Buffer.from(secret));
      return `v1.${current.kid}.${wrapped}.${sealed}`;
    },
    open(place, sealed) {
      const [, kid = '', wrapped = '', secret = ''] = form.exec(sealed) ?? [];
      if (kid === '') throw new SealBroken('its form');
      const outer = keys.get(kid);
      if (!outer) throw new SealBroken(`its key ${kid} is not in ENCRYPTION_KEYS`);
      const own = createSecretKey(decrypt(outer, boundTo(place, kid, 'key'), wrapped));
      return decrypt(own, boundTo(place, kid, 'secret'), secret).toString();
    },
    isCurrent: (sealed) => current !== undefined && sealed.startsWith(`v1.${current.kid}.`),
  };
}
