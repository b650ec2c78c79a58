import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { TrailAnchors } from '../ports/auditTrail.ts';

const fileOf = (folder: string) => path.join(folder, 'audit-trail.anchors');
const line = /^(\d{1,15}) ([0-9a-f]{64})$/;

/** Anchors in a file beside the terms, outside the database: one line a record. */
export function createTrailAnchors(folder: string): TrailAnchors {
  return {
    async keep({ seq, hash }) {
      await mkdir(folder, { recursive: true });
      await appendFile(fileOf(folder), `${seq} ${hash}\n`);
    },
  };
}

/** The anchors of a folder by their places; none where nothing was ever anchored. */
export async function readTrailAnchors(folder: string): Promise<ReadonlyMap<number, string>> {
  const text = await readFile(fileOf(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const anchors = text.split('\n').flatMap((entry) => {
    const [, seq, hash] = line.exec(entry) ?? [];
    return seq === undefined || hash === undefined ? [] : [[Number(seq), hash] as const];
  });
  // A place that was anchored twice with different hashes was written anew; the first is what was.
  return new Map(anchors.reverse());
}
