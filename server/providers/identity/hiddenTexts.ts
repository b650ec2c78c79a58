import { createHash, randomBytes } from 'node:crypto';
import type { HiddenTexts } from '../../ports/identity.ts';
import { createSecretBox } from './secretBox.ts';

/** RFC 4648; no character of it is mistaken for another one. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const sha256 = (text: string) => createHash('sha256').update(text);
const place = { collection: 'refresh_tokens', id: '', field: 'next' };

/** A box whose key is made of the token; the hash that is kept of the token tells nothing about it. */
const boxOf = (token: string) => createSecretBox([{ kid: 'token', key: sha256(`next token of ${token}`).digest() }]);

/** Random texts and their hashes; they are long enough that a quick hash keeps them. */
export const hiddenTexts: HiddenTexts = {
  refreshToken: () => randomBytes(32).toString('base64url'),
  // 32 divides 256, so all characters are equally likely
  backupCode: () =>
    [...randomBytes(16)].map((byte, at) => `${at > 0 && at % 4 === 0 ? '-' : ''}${alphabet[byte % 32]}`).join(''),
  hash: (text) => sha256(text).digest('hex'),
  hideNext: (token, next) => boxOf(token).seal(place, next),
  readNext: (token, hidden) => boxOf(token).open(place, hidden),
};
