import { randomUUID } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { TermsArchive, TermsEntry } from '../ports/outside.ts';
import type { Clock } from '../ports.ts';
import { createBatches } from './batches.ts';

/** Entries written by one append; while it is on its way the next ones collect. */
const maxBatch = 64;
const oneAtATime = 1;
/** Payments that this process remembers to have kept, so that asking for their address does not keep them again. */
const remembered = 10_000;

const lineOf = (entry: TermsEntry): string =>
  `${JSON.stringify(entry, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`;

/**
 * Keeps every payment's terms as a line of a file, outside the database: whoever has them can leave the escrow without us.
 * A line is on disk before its `keep` returns. Every process writes files of its own, one a day, so that no half line of a
 * process that died stands before another's; a payment may stand there twice.
 */
export function createTermsArchive(folder: string, clock: Clock): TermsArchive {
  const kept = new Set<string>();
  let writer = randomUUID();

  const pathNow = () => join(folder, `${new Date(clock.now()).toISOString().slice(0, 10)}-${writer}.jsonl`);

  async function write(text: string): Promise<void> {
    try {
      await appendFile(pathNow(), text, { flush: true });
    } catch (error) {
      // Part of a line may have been written: nothing more goes into that file.
      writer = randomUUID();
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      // The folder is made when it is missed.
      await mkdir(folder, { recursive: true });
      await appendFile(pathNow(), text, { flush: true });
    }
  }

  const append = createBatches<TermsEntry, void>({
    maxSize: maxBatch,
    maxInFlight: oneAtATime,
    async run(entries) {
      await write(entries.map(lineOf).join(''));
      return entries.map(() => undefined);
    },
  });

  return {
    async keep(entry) {
      if (kept.has(entry.paymentId)) return;
      await append(entry).catch((cause: unknown) => {
        throw new AppError('busy', 'The terms of this payment could not be kept on disk; repeat the request.', {
          cause,
        });
      });
      kept.add(entry.paymentId);
      const [oldest] = kept;
      if (kept.size > remembered && oldest !== undefined) kept.delete(oldest);
    },
  };
}
