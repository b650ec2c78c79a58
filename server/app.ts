import cors from 'cors';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { AppDeps } from './http/appDeps.ts';
import { createErrorHandler, nothingHere } from './http/errorHandler.ts';
import { accessLog } from './http/middleware/accessLog.ts';
import { apiVersion, versionHeader } from './http/middleware/apiVersion.ts';
import { auditTrail } from './http/middleware/auditTrail.ts';
import { inTurn } from './http/middleware/inTurn.ts';
import { jsonBody } from './http/middleware/jsonBody.ts';
import { createLimiters } from './http/middleware/rateLimit.ts';
import { requestId } from './http/middleware/requestId.ts';
import { createOpenPayment } from './http/openPayment.ts';
import { createPresenter } from './http/present.ts';
import { apiKeyRoutes } from './http/routes/apiKeys.ts';
import { auditRoutes } from './http/routes/audits.ts';
import { configurationRoutes, openConfigCors } from './http/routes/configuration.ts';
import { decentralizedRoutes } from './http/routes/decentralized.ts';
import { decentralizedReadRoutes } from './http/routes/decentralizedReads.ts';
import { callbackTestRoutes, developmentRoutes } from './http/routes/development.ts';
import { documentRoutes } from './http/routes/documents.ts';
import { ledgerRoutes } from './http/routes/ledger.ts';
import { metricsRoutes } from './http/routes/metrics.ts';
import { missingTransactionRoutes } from './http/routes/missingTransactions.ts';
import { monitorStatusRoutes } from './http/routes/monitorStatus.ts';
import { paymentCareRoutes } from './http/routes/paymentCare.ts';
import { paymentListRoutes } from './http/routes/paymentLists.ts';
import { paymentRecordRoutes } from './http/routes/paymentRecords.ts';
import { paymentReportRoutes } from './http/routes/paymentReports.ts';
import { paymentRoutes } from './http/routes/payments.ts';
import { payPageRoutes } from './http/routes/payPage.ts';
import { requestRoutes } from './http/routes/requests.ts';
import { sessionRoutes } from './http/routes/sessions.ts';
import { shkeeperIntentRoutes } from './http/routes/shkeeperIntents.ts';
import { shkeeperPayoutRoutes } from './http/routes/shkeeperPayouts.ts';
import { shkeeperSettlementRoutes } from './http/routes/shkeeperSettlements.ts';
import { shkeeperWebhookRoutes } from './http/routes/shkeeperWebhooks.ts';
import { systemRoutes } from './http/routes/system.ts';
import { webhookStatsRoutes } from './http/routes/webhookStats.ts';
import { createServe } from './http/serve.ts';
import { createServeOpen } from './http/serveOpen.ts';
import { renderAsyncapi } from './realtime/asyncapi.ts';

/** Bodies of our own routes are small. */
const jsonLimit = '100kb';
/** A year, as browsers' preload lists ask for. */
const strictTransportSeconds = 31_536_000;
const exposedHeaders = [
  'ETag',
  'X-Request-Id',
  'Idempotent-Replayed',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  versionHeader,
];

/** Assembles the HTTP side; it never listens. */
export function createApp(deps: AppDeps): Express {
  const { settings, logger } = deps;
  const app = express();
  app.set('trust proxy', settings.trustProxy);
  app.set('etag', false);
  app.use(inTurn(), requestId, accessLog(logger), auditTrail(deps));
  app.use(helmet({ strictTransportSecurity: { maxAge: strictTransportSeconds } }));
  app.use(openConfigCors());
  // Tokens travel in a header, so no origin ever needs credentials.
  app.use(cors({ origin: [...settings.allowedOrigins], credentials: false, exposedHeaders, maxAge: 600 }));
  app.use(apiVersion);

  const limiters = createLimiters(settings.rateLimits, deps.limitStore);
  const serve = createServe(deps, limiters);
  const serveOpen = createServeOpen(deps, limiters);
  const present = createPresenter({ gateway: deps.gateway, publicUrl: settings.publicUrl });

  // Before every parser: a provider's signature is over its bytes.
  app.use(shkeeperWebhookRoutes(deps));
  app.use(callbackTestRoutes(deps, limiters.anonymous));
  app.use(jsonBody(jsonLimit));
  app.use(systemRoutes(deps, limiters.anonymous));
  app.use(documentRoutes(limiters.anonymous, renderAsyncapi));
  app.use(metricsRoutes(deps, limiters.anonymous));
  app.use(payPageRoutes(deps, limiters.anonymous, present));
  app.use(requestRoutes(deps, serve));
  app.use(webhookStatsRoutes(deps, serve));
  app.use(monitorStatusRoutes(deps, serveOpen));
  app.use(configurationRoutes(deps, serveOpen, limiters.anonymous, present));
  const mounting = { serve, serveOpen, present, open: createOpenPayment(deps, present) };
  app.use(decentralizedReadRoutes(deps, mounting));
  app.use(decentralizedRoutes(deps, mounting));
  app.use(paymentRecordRoutes(deps, mounting));
  app.use(missingTransactionRoutes(deps, serve));
  app.use(shkeeperIntentRoutes(deps, serve, present));
  app.use(developmentRoutes(deps, serve, limiters));
  // Literal paths below /shkeeper stand before /shkeeper/:id, and everything stands before /:id.
  app.use(shkeeperPayoutRoutes(deps, serve, present));
  app.use(shkeeperSettlementRoutes(deps, serve));
  app.use(paymentListRoutes(deps, serve, present));
  app.use(apiKeyRoutes(deps, serve));
  app.use(sessionRoutes(deps, serve, limiters.anonymous));
  app.use(paymentReportRoutes(deps, serve, present));
  app.use(paymentCareRoutes(deps, serve));
  app.use(ledgerRoutes(deps, serve));
  app.use(auditRoutes(deps, serve));
  app.use(paymentRoutes(deps, serve, present));

  app.use(nothingHere);
  app.use(createErrorHandler(logger));
  return app;
}
