import type { RequestHandler, Response } from 'express';

/** Emitted by a response when what was asked for is decided although its connection closed before. */
export const decidedLate = 'decidedLate';

/** Tells whoever waits for the outcome of a call that its caller did not wait for. */
export function tellLate(response: Response): void {
  if (response.closed) response.emit(decidedLate);
}

/**
 * Ends a call whose caller left before it was known who he is. The audit trail takes a call's name when its connection closes; what began
 * after that would be a change that nobody made.
 */
export const stopWhenGone: RequestHandler = (_request, response, next) => {
  if (response.closed) tellLate(response);
  else next();
};
