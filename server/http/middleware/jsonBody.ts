import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import express, { type RequestHandler } from 'express';
import { AppError } from '../../errors.ts';
import { noteBody } from './serverKey.ts';

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const isEmpty = request.get('content-length') === '0';
  // `is` answers null where there is no body at all.
  if (request.body === undefined && !isEmpty && request.is('json') === false) {
    throw new AppError(
      'unsupported_media_type',
      'Send the body as JSON, with the header "Content-Type: application/json".',
    );
  }
  next();
};

/** JSON is UTF-8 (RFC 8259); a lenient decoder would put marks in the place of what it cannot read, and those would be kept. */
function demandUtf8(request: IncomingMessage, response: unknown, bytes: Buffer, encoding: string): void {
  noteBody(request, response, bytes);
  if (encoding !== 'utf-8') throw new AppError('unsupported_media_type', 'Send the body as JSON in UTF-8.');
  if (!isUtf8(bytes)) throw new AppError('malformed_json', 'The body is not valid UTF-8.');
}

/** Reads JSON bodies up to `limit`, and refuses others by name instead of taking them for empty ones. */
export const jsonBody = (limit: string): RequestHandler[] => [
  express.json({ limit, verify: demandUtf8 }),
  refuseOtherTypes,
];
