import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const short = /^[A-Za-z0-9+/_-]{43}=?$/;

/** The Ed25519 public key in a file, or in the text itself: PEM, or 32 bytes as base64. A private key is refused: it has no business here. */
export function trailKeyOf(given: string): KeyObject {
  const value = (existsSync(given) ? readFileSync(given, 'utf8') : given).trim();
  const notOne = new Error('--trail-key is no Ed25519 public key (PEM, or 32 bytes as base64)');
  if (value.includes('PRIVATE KEY')) throw notOne;
  try {
    const x = Buffer.from(value, 'base64').toString('base64url');
    const key = short.test(value)
      ? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      : createPublicKey(value.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    throw notOne;
  }
  throw notOne;
}
