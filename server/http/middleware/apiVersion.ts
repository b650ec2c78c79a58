import type { RequestHandler } from 'express';
import { AppError } from '../../errors.ts';

/** The header that names a version of the API: what a caller was written for, and what answers him. */
export const versionHeader = 'Holdfast-Version';
/** The day of every version that still answers, newest first; only what breaks older callers makes another. */
export const apiVersions = ['2026-11-22'] as const;

const [current] = apiVersions;
const isKnown = (asked: string) => apiVersions.some((version) => version === asked.trim());

/** Says on every answer which version it is of, and refuses a call that was written for one that we do not speak. */
export const apiVersion: RequestHandler = (request, response, next) => {
  response.setHeader(versionHeader, current);
  const asked = request.get(versionHeader);
  if (asked === undefined || isKnown(asked)) return next();
  throw new AppError(
    'unknown_version',
    `${versionHeader} names no version that is spoken here: ${apiVersions.join(', ')}.`,
    {
      details: { versions: apiVersions },
    },
  );
};
