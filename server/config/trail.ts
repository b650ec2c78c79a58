import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { secret, setting, text } from './setting.ts';

/** What stands before the 32 bytes of an Ed25519 seed in PKCS8 (RFC 8410). */
const pkcs8Begin = Buffer.from('302e020100300506032b657004220420', 'hex');
const seed = /^[A-Za-z0-9+/_-]{43}=?$/;

/** The private key that a text holds, or null where it holds none; one-line environments write line ends as `\n`. */
function signingKeyOf(value: string): KeyObject | null {
  const fromSeed = () => ({
    ...{ key: Buffer.concat([pkcs8Begin, Buffer.from(value, 'base64')]), format: 'der' as const },
    type: 'pkcs8' as const,
  });
  try {
    const key = createPrivateKey(seed.test(value) ? fromSeed() : value.replaceAll('\\n', '\n'));
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

const signingKey = text.default('').transform((value, context) => {
  const key = value === '' ? null : signingKeyOf(value);
  if (key !== null || value === '') return key;
  context.addIssue({ code: 'custom', message: 'must be an Ed25519 key: a PKCS8 PEM or its seed, 32 bytes as base64' });
  return z.NEVER;
});

/** Settings of the audit trail. */
export const trailSettings = {
  TRAIL_SIGNING_KEY: setting(
    'access',
    'Ed25519 key that signs the anchors of the audit trail: PKCS8 PEM, or 32 bytes as base64 (openssl rand -base64 32)',
    signingKey,
    secret,
  ),
} as const;
