import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Router } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { AppDeps } from '../appDeps.ts';
import { type Endpoint, splitOperation } from '../endpoint.ts';
import { confirmFactor, endSession, enrolFactor, openSession, refreshSession, stepUp } from '../endpoints/sessions.ts';
import { exactRouter } from '../exactRouter.ts';
import { stopWhenGone, tellLate } from '../middleware/stopWhenGone.ts';
import { validate } from '../middleware/validate.ts';
import type { Serve } from '../serve.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const accessOf = ({ token, expiresAtMs }: { token: string; expiresAtMs: number }) => ({
  accessToken: token,
  tokenType: 'Bearer',
  expiresAt: iso(expiresAtMs),
});

/** One address as limits count it: an IPv6 network is one household. */
const addressOf = (request: Request) => ipKeyGenerator(request.ip ?? '');
/** One client as far as it can be told; only its hash is kept. */
const clientOf = (request: Request) =>
  createHash('sha256')
    .update(JSON.stringify([addressOf(request), request.get('user-agent') ?? '']))
    .digest('hex');

/** Notes for the audit trail whose account a call is about. */
const notingAccount = (request: Request) => ({
  tellAccount: (userId: string) => {
    request.accountId = userId;
  },
});

type Opened = Awaited<ReturnType<AppDeps['commands']['openSession']>>;
const presentSession = ({ access, refreshToken, refreshUntilMs, hasFactor }: Opened) => ({
  ...accessOf(access),
  refreshToken,
  refreshUntil: iso(refreshUntilMs),
  secondFactor: hasFactor ? 'set' : 'missing',
});

/** Log-in, refresh, log-out, step-up and the second factor of admin users; no answer of these is ever kept. */
export function sessionRoutes({ commands }: AppDeps, serve: Serve, limited: RequestHandler): Router {
  const router = exactRouter();

  function open<B>(of: Endpoint<unknown, unknown, B>, handle: (body: B, request: Request) => Promise<object>): void {
    router.post(splitOperation(of.operation).path, limited, stopWhenGone, async (request, response) => {
      const answer = await handle(validate(request, of).body, request);
      response.setHeader('Cache-Control', 'no-store');
      response.json({ success: true, ...answer });
      tellLate(response);
    });
  }

  open(openSession, async (body, request) => ({
    data: presentSession(
      await commands.openSession({ ...body, ...notingAccount(request), address: addressOf(request) }),
    ),
  }));
  open(refreshSession, async (body, request) => ({
    data: presentSession(
      await commands.refreshSession({ ...body, ...notingAccount(request), client: clientOf(request) }),
    ),
  }));
  open(endSession, async (body, request) => {
    await commands.endSession({ ...body, ...notingAccount(request) });
    return {};
  });

  serve(router, stepUp, async ({ credentials, body }) => {
    const { access, steppedUpUntilMs } = await commands.stepUp({ bearer: credentials, ...body });
    return { success: true, data: { ...accessOf(access), steppedUpUntil: iso(steppedUpUntilMs) } };
  });
  serve(router, enrolFactor, async ({ credentials, body }) => ({
    success: true,
    data: await commands.enrolFactor({ bearer: credentials, ...body }),
  }));
  serve(router, confirmFactor, async ({ credentials, body }) => {
    const { access, backupCodes } = await commands.confirmFactor({ bearer: credentials, ...body });
    return { success: true, data: { ...accessOf(access), backupCodes } };
  });

  return router;
}
