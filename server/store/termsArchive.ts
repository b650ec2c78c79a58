import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { TermsArchive } from '../ports/outside.ts';

/**
 * Keeps every payment's terms as a file of its own, outside the database: whoever has them can leave the escrow without us.
 * The file is complete and on disk before `keep` returns; keeping the same payment again writes the same file again.
 */
export function createTermsArchive(folder: string): TermsArchive {
  return {
    async keep(entry) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${entry.paymentId}.json`);
      const draft = `${path}.${process.pid}.draft`;
      const file = await open(draft, 'w');
      try {
        await file.writeFile(
          JSON.stringify(entry, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2),
        );
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    },
  };
}
