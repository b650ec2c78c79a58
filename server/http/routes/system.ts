import type { RequestHandler, Router } from 'express';
import { AppError } from '../../errors.ts';
import { within } from '../../timers.ts';
import type { AppDeps } from '../appDeps.ts';
import { type AnyEndpoint, splitOperation } from '../endpoint.ts';
import { asyncapiFile, docsPage, openapiFile } from '../endpoints/documents.ts';
import { livez, paymentHealth, readyz, welcome } from '../endpoints/system.ts';
import { exactRouter } from '../exactRouter.ts';
import { sharedFor } from '../shared.ts';

/** A part that does not answer in this time is as good as away. */
const checkWithinMs = 2_000;
/** Probes come every few seconds; whoever asks faster gets the same answer, since anybody may ask and every check goes outside. */
const sharedMs = 1_000;

async function passes(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await within(check(), checkWithinMs);
    return true;
  } catch {
    return false;
  }
}

/** Probes, and where to look for everything else. */
export function systemRoutes({ checks, clock }: AppDeps, limited: RequestHandler): Router {
  const router = exactRouter();
  const at = ({ operation }: AnyEndpoint) => splitOperation(operation).path;

  const check = sharedFor(sharedMs, clock, async () => {
    const entries = Object.entries(checks).map(async ([name, part]) => [name, (await passes(part)) ? 'ok' : 'failed']);
    return Object.fromEntries(await Promise.all(entries)) as Record<string, 'ok' | 'failed'>;
  });

  router.get(at(welcome), limited, (_request, response) => {
    const message =
      'Holdfast, the payment API of a marketplace. Every route is described in /docs; README.md says how to begin.';
    const links = {
      docs: at(docsPage),
      openapi: at(openapiFile),
      asyncapi: at(asyncapiFile),
      health: at(paymentHealth),
    };
    response.json({ success: true, name: 'Holdfast', message, links });
  });

  router.get(at(livez), (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get(at(readyz), async (_request, response) => {
    const results = await check();
    const failed = Object.keys(results).filter((name) => results[name] === 'failed');
    if (failed.length > 0) {
      throw new AppError('not_ready', `Not ready: ${failed.join(', ')}.`, { details: { checks: results } });
    }
    response.json({ status: 'ready', checks: results });
  });

  router.get(at(paymentHealth), limited, (_request, response) => {
    const endpoints = {
      shkeeper: '/api/payment/shkeeper',
      decentralized: '/api/payment/decentralized',
      health: '/api/payment/health',
    };
    response.json({ success: true, message: 'The payment API is up.', endpoints });
  });

  return router;
}
