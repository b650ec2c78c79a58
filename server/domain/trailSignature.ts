import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { TrailAnchor } from './auditTrail.ts';

/** An anchor as it is signed: with the hash of the record, and so of the anchor, before it. */
export interface ChainedAnchor extends TrailAnchor {
  readonly previous: string;
}

/** An anchor as it was found; one that nobody signed has neither. */
export interface KeptAnchor extends TrailAnchor {
  readonly previous: string | null;
  readonly signature: string | null;
}

/** The first place whose anchor does not prove what it should. */
export interface AnchorFault {
  readonly seq: number;
  readonly kind: 'unsigned' | 'forged' | 'missing';
}

/** The first line keeps a signature over an anchor from being one over anything else. */
const messageOf = ({ seq, hash, previous }: ChainedAnchor) =>
  Buffer.from(`holdfast audit trail anchor 1\n${seq}\n${hash}\n${previous}\n`);

/** Signs an anchor (Ed25519, base64url). */
export const signAnchor = (key: KeyObject, anchor: ChainedAnchor): string =>
  sign(null, messageOf(anchor), key).toString('base64url');

/** The public half in the short form that `verify` takes: 32 bytes as base64url. */
export const shortPublicKey = (key: KeyObject): string =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' }).x ?? '';

function isSigned(key: KeyObject, { previous, signature, ...anchor }: KeptAnchor): boolean {
  if (previous === null || signature === null) return false;
  return verify(null, messageOf({ ...anchor, previous }), key, Buffer.from(signature, 'base64url'));
}

/** What a signed trail is held against; places before `from` were written without a key. */
export interface SignedTrail {
  readonly anchors: readonly KeptAnchor[];
  readonly key: KeyObject;
  readonly from: number;
  /** How many records the trail has. */
  readonly records: number;
}

/** Looks at every place from `from` on, in order, and names the first whose anchor is missing, unsigned or forged. */
export function firstAnchorFault({ anchors, key, from, records }: SignedTrail): AnchorFault | null {
  const places = Map.groupBy(anchors, ({ seq }) => seq);
  const newest = anchors.reduce((most, { seq }) => Math.max(most, seq), records);
  // What should be signed is not there at all, nor what stood before it.
  if (from > newest + 1) return { seq: newest + 1, kind: 'missing' };
  let before: string | null = null;
  for (let seq = from; seq <= newest; seq += 1) {
    const found = places.get(seq) ?? [];
    const [first] = found;
    if (first === undefined) return { seq, kind: 'missing' };
    if (found.some(({ signature }) => signature === null)) return { seq, kind: 'unsigned' };
    const isOne = found.every((anchor) => anchor.hash === first.hash && isSigned(key, anchor));
    if (!isOne || (before !== null && first.previous !== before)) return { seq, kind: 'forged' };
    before = first.hash;
  }
  return null;
}
