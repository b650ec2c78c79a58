import express, { type Request, type RequestHandler } from 'express';

/** About 3,900 transactions of an invoice callback. */
const limit = '1mb';
const reader = express.raw({ type: () => true, limit, inflate: false });

/** Keeps a provider's body as the bytes that were signed: any content type, never parsed, never inflated. */
export const rawBody: RequestHandler = (request, response, next) => {
  // The signature is over the bytes on the wire, so a declared encoding must not keep us from reading them.
  delete request.headers['content-encoding'];
  reader(request, response, next);
};

/** The bytes that arrived; none when there was no body. */
export function bytesOf(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
