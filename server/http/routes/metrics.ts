import { timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Router } from 'express';
import { AppError } from '../../errors.ts';
import type { AppDeps } from '../appDeps.ts';
import { splitOperation } from '../endpoint.ts';
import { metricsText } from '../endpoints/system.ts';
import { nothingHere } from '../errorHandler.ts';
import { exactRouter } from '../exactRouter.ts';
import { sharedFor } from '../shared.ts';

/** Scrapers come every few seconds; whoever asks faster gets the same figures. */
const sharedMs = 1_000;

function holds(authorization: string | undefined, token: string): boolean {
  const [given, expected] = [Buffer.from(authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The process's figures for whoever holds the token of the operator's scraper; without one there is no such route in production. */
export function metricsRoutes({ metrics, clock, settings }: AppDeps, limited: RequestHandler): Router {
  const { token, open } = settings.metrics;
  const read = sharedFor(sharedMs, clock, () => metrics.text());
  const router = exactRouter();
  const { path } = splitOperation(metricsText.operation);
  if (token === '' && !open) router.get(path, limited, nothingHere);
  router.get(path, limited, async (request, response) => {
    if (token !== '' && !holds(request.get('authorization'), token))
      throw new AppError('not_authenticated', 'Send the token of METRICS_TOKEN in the Authorization header.');
    const { contentType, body } = await read();
    response.setHeader('Cache-Control', 'no-store');
    response.type(contentType).send(body);
  });
  return router;
}
