import { randomUUID } from 'node:crypto';
import { close, open, write } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BoundedMap } from '../boundedMap.ts';
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

/** Everything written is on disk when the write returns (O_APPEND and O_SYNC), so that an intent waits for one call of the system. */
const durably = 'as';

async function openIn(folder: string, path: string): Promise<number> {
  try {
    return await promisify(open)(path, durably);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    // The folder is made when it is missed.
    await mkdir(folder, { recursive: true });
    return promisify(open)(path, durably);
  }
}

/**
 * Keeps every payment's terms as a line of a file, outside the database: whoever has them can leave the escrow without us.
 * A line is on disk before its `keep` returns. Every process writes files of its own, one a day, so that no half line of a
 * process that died stands before another's; a payment may stand there twice.
 */
export function createTermsArchive(folder: string, clock: Clock): TermsArchive {
  const kept = new BoundedMap<string, true>(remembered);
  let writer = randomUUID();
  /** The file being written, open until another one is begun or the process ends; nothing in it waits to be flushed. */
  let file: { readonly path: string; readonly descriptor: number } | null = null;

  const pathNow = () => join(folder, `${new Date(clock.now()).toISOString().slice(0, 10)}-${writer}.jsonl`);

  async function closeFile(): Promise<void> {
    const old = file;
    file = null;
    if (old !== null) await promisify(close)(old.descriptor);
  }

  async function fileNow(): Promise<number> {
    const path = pathNow();
    if (file?.path === path) return file.descriptor;
    await closeFile();
    file = { path, descriptor: await openIn(folder, path) };
    return file.descriptor;
  }

  async function writeWhole(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      const { bytesWritten } = await promisify(write)(await fileNow(), bytes);
      if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
    } catch (error) {
      // Part of a line may have been written: nothing more goes into that file.
      writer = randomUUID();
      await closeFile().catch(() => undefined);
      throw error;
    }
  }

  const append = createBatches<TermsEntry, void>({
    maxSize: maxBatch,
    maxInFlight: oneAtATime,
    async run(entries) {
      await writeWhole(entries.map(lineOf).join(''));
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
      kept.set(entry.paymentId, true);
    },
  };
}
