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

/** Reads JSON bodies up to `limit`, and refuses others by name instead of taking them for empty ones. */
export const jsonBody = (limit: string): RequestHandler[] => [
  express.json({ limit, verify: noteBody }),
  refuseOtherTypes,
];
