import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import type { PaymentDocument, PayoutDocument } from '../schemas/paymentDocument.ts';
import { guardCell } from './cells.ts';
import { exportColumns, flatRow } from './columns.ts';

export type ExportFormat = 'json' | 'csv';
type Documents = readonly (PaymentDocument | PayoutDocument)[];

/** A reader who takes nothing for so long is gone. */
const idleMs = 60_000;

const types: Readonly<Record<ExportFormat, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

async function* jsonOf(pages: AsyncIterable<Documents>): AsyncGenerator<string> {
  yield '{"success":true,"data":[';
  let count = 0;
  for await (const page of pages) {
    for (const document of page) {
      yield `${count === 0 ? '' : ','}\n${JSON.stringify(document)}`;
      count += 1;
    }
  }
  yield `\n],"count":${count}}\n`;
}

async function* cellsOf(pages: AsyncIterable<Documents>): AsyncGenerator<string[]> {
  for await (const page of pages) for (const document of page) yield flatRow(document).map(guardCell);
}

/** As RFC 4180 has it; everything in quotes, so that no other separator splits a cell. */
const csvForm = { header: true, columns: [...exportColumns], quoted: true, record_delimiter: '\r\n' };

/**
 * Writes pages as they are read, and reads the next ones only as fast as they are taken. A reader who leaves ends the reading; a failure of
 * ours breaks the transfer off, because its status is long sent, and is told to `failed`; so does `end`, since whoever takes a little again and again
 * is never idle.
 */
export async function streamExport(
  response: Response,
  format: ExportFormat,
  pages: AsyncIterable<Documents>,
  { end, failed }: { readonly end: AbortSignal; readonly failed: (error: unknown) => void },
): Promise<void> {
  response.setHeader('Content-Type', types[format]);
  response.setHeader('Content-Disposition', `attachment; filename="payments.${format}"`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setTimeout(idleMs, () => response.destroy());
  try {
    if (format === 'json') await pipeline(Readable.from(jsonOf(pages)), response, { signal: end });
    else await pipeline(Readable.from(cellsOf(pages)), stringify(csvForm), response, { signal: end });
  } catch (error) {
    if (!hasLeft(error)) failed(error);
  }
}

const hasLeft = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
