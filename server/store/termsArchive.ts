import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TermsArchive } from '../ports/outside.ts';

/**
 * Keeps every payment's terms as a file of its own, outside the database: whoever has them can leave the escrow without us.
 * The file is complete and on disk before `keep` returns; keeping the same payment again writes the same file again.
 */
export function createTermsArchive(folder: string): TermsArchive {
  return {
    async keep(entry) {
      const path = join(folder, `${entry.paymentId}.json`);
      const draft = `${path}.${process.pid}.draft`;
      const text = JSON.stringify(
        entry,
        (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
        2,
      );
      try {
        await writeFile(draft, text, { flush: true });
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
        // The folder is made when it is missed, and then the file is written again.
        await mkdir(folder, { recursive: true });
        await writeFile(draft, text, { flush: true });
      }
      await rename(draft, path);
    },
  };
}
