import { createReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type ExportedRow, readCsv } from '../server/http/exports/readCsv.ts';

/** Reads the CSV of `GET /api/payment/export` as it was before its cells were guarded against formulas. */
export function readExport(path: string): AsyncGenerator<ExportedRow> {
  return readCsv(createReadStream(path, 'utf8'));
}

async function main(path: string | undefined): Promise<void> {
  if (path === undefined) throw new Error('Name the file: node scripts/readExport.ts payments.csv');
  for await (const row of readExport(path)) {
    if (!process.stdout.write(`${JSON.stringify(row)}\n`)) {
      await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(process.argv[2]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
