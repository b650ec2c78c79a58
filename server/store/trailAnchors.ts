import type { KeyObject } from 'node:crypto';
import { appendFile, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { type KeptAnchor, signAnchor } from '../domain/trailSignature.ts';
import type { TrailAnchors } from '../ports/auditTrail.ts';

const fileOf = (folder: string) => path.join(folder, 'audit-trail.anchors');
/** Place and hash; where it was signed, the hash before and the signature behind them. */
const line = /^(\d{1,15}) ([0-9a-f]{64})(?: ([0-9a-f]{64}) ([A-Za-z0-9_-]{86}))?$/;

/** Anchors in a file beside the terms, outside the database: one line a record, signed where there is a key. */
export function createTrailAnchors(folder: string, key: KeyObject | null): TrailAnchors {
  return {
    async keep({ seq, hash, previous }) {
      const signature = key === null ? null : signAnchor(key, { seq, hash, previous });
      await mkdir(folder, { recursive: true });
      await appendFile(fileOf(folder), `${seq} ${hash}${signature === null ? '' : ` ${previous} ${signature}`}\n`);
      return signature;
    },
  };
}

/** The anchors of a folder in the order of its lines, read line by line: the file may be larger than a text can be. None where nothing was ever anchored. */
export async function readTrailAnchors(folder: string): Promise<readonly KeptAnchor[]> {
  const file = await open(fileOf(folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return [];
  const anchors: KeptAnchor[] = [];
  for await (const entry of file.readLines()) {
    const [, seq, hash, previous = null, signature = null] = line.exec(entry) ?? [];
    if (seq !== undefined && hash !== undefined) anchors.push({ seq: Number(seq), hash, previous, signature });
  }
  return anchors;
}
