import type { AnyEndpoint } from '../endpoint.ts';
import type { Operation } from '../policies.ts';
import { issueApiKey, listApiKeys, revokeApiKey } from './apiKeys.ts';
import { auditPayment } from './audits.ts';
import { postConfiguration, shkeeperConfig } from './configuration.ts';
import {
  adminPayout,
  savePayment,
  updateDecentralized,
  verifyAllPending,
  verifyDecentralized,
} from './decentralized.ts';
import { decentralizedHistory, decentralizedReceiver, decentralizedStatus } from './decentralizedReads.ts';
import { createTestPayment, getCallbackTest, postCallbackTest, testProvider, triggerWebhook } from './development.ts';
import { asyncapiFile, docsFile, docsPage, openapiFile } from './documents.ts';
import { confirmTransaction, postIntent } from './intents.ts';
import { listReconciliations, partyLedger, paymentLedger, trialBalance } from './ledger.ts';
import { autoFetchMissing, fetchTransaction } from './missingTransactions.ts';
import { autoWebhookStatus, cleanupPending, debugPayment, walletMonitorStatus } from './paymentCare.ts';
import { paymentCallback, postPayment, verifyPayment } from './paymentRecords.ts';
import { exportPayments, exportPaymentsOfUser, paymentStats, paymentStatsOfUser } from './paymentReports.ts';
import { acceptLate, getPayment, listEvents, listPayments, listPaymentsOfUser, putPayment } from './payments.ts';
import { approvePayout, payoutStatus, postPayout, resolvePayout } from './payouts.ts';
import { confirmReleaseBatch, prepareReleaseBatch } from './releaseBatch.ts';
import { acceptOffer, getRequest, listOffers, listRequests, postOffer, postRequest } from './requests.ts';
import { confirmFactor, endSession, enrolFactor, openSession, refreshSession, stepUp } from './sessions.ts';
import { confirmRefund, confirmRelease, prepareRefund, prepareRelease } from './settlements.ts';
import { livez, metricsText, paymentHealth, payPage, readyz, welcome } from './system.ts';
import { invoiceWebhook, payoutWebhook, webhookStats } from './webhooks.ts';

const all: readonly AnyEndpoint[] = [
  welcome,
  livez,
  readyz,
  metricsText,
  openapiFile,
  asyncapiFile,
  docsPage,
  docsFile,
  payPage,
  postRequest,
  listRequests,
  getRequest,
  postOffer,
  listOffers,
  acceptOffer,
  invoiceWebhook,
  payoutWebhook,
  webhookStats,
  postIntent,
  confirmTransaction,
  postPayout,
  payoutStatus,
  resolvePayout,
  approvePayout,
  prepareReleaseBatch,
  confirmReleaseBatch,
  prepareRelease,
  confirmRelease,
  prepareRefund,
  confirmRefund,
  testProvider,
  postCallbackTest,
  getCallbackTest,
  createTestPayment,
  triggerWebhook,
  postConfiguration,
  shkeeperConfig,
  decentralizedReceiver,
  issueApiKey,
  listApiKeys,
  revokeApiKey,
  openSession,
  refreshSession,
  endSession,
  stepUp,
  enrolFactor,
  confirmFactor,
  decentralizedStatus,
  decentralizedHistory,
  savePayment,
  updateDecentralized,
  verifyDecentralized,
  verifyAllPending,
  adminPayout,
  postPayment,
  verifyPayment,
  paymentCallback,
  fetchTransaction,
  autoFetchMissing,
  paymentHealth,
  trialBalance,
  listReconciliations,
  partyLedger,
  paymentLedger,
  auditPayment,
  listPayments,
  listPaymentsOfUser,
  debugPayment,
  cleanupPending,
  walletMonitorStatus,
  autoWebhookStatus,
  paymentStats,
  paymentStatsOfUser,
  exportPayments,
  exportPaymentsOfUser,
  getPayment,
  putPayment,
  listEvents,
  acceptLate,
];

/** Every operation of the API by its name. */
export const endpoints: ReadonlyMap<Operation, AnyEndpoint> = new Map(all.map((entry) => [entry.operation, entry]));
