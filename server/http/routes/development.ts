import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Router } from 'express';
import { formatAmount } from '../../domain/money.ts';
import type { PaymentState } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { Role } from '../../ports.ts';
import { signBody, verifySignature } from '../../providers/shkeeper/signature.ts';
import type { AppDeps } from '../appDeps.ts';
import type { DevelopmentTools } from '../development.ts';
import { type AnyEndpoint, splitOperation } from '../endpoint.ts';
import {
  createTestPayment,
  getCallbackTest,
  postCallbackTest,
  testProvider,
  triggerWebhook,
} from '../endpoints/development.ts';
import { exactRouter } from '../exactRouter.ts';
import type { createLimiters } from '../middleware/rateLimit.ts';
import { bytesOf, rawBody } from '../middleware/rawBody.ts';
import { validate } from '../middleware/validate.ts';
import { incomingOnly, ownPayment } from '../ownership.ts';
import type { Serve } from '../serve.ts';

type Limiters = Pick<ReturnType<typeof createLimiters>, 'anonymous' | 'create'>;

/** Headers whose values help somebody who configures a webhook and hold no secret. */
const shownHeaders = ['content-type', 'content-length', 'user-agent', 'x-shkeeper-timestamp'];
/** Nobody configures by more than this; the answer stays small whatever is sent. */
const most = { names: 40, characters: 200 };

const short = (text: string) => text.slice(0, most.characters);

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function echoOf(request: Request, { settings, clock }: Pick<AppDeps, 'settings' | 'clock'>) {
  const bytes = bytesOf(request);
  const names = Object.keys(request.headers).slice(0, most.names);
  const shown = names.filter((name) => shownHeaders.includes(name));
  const verdict = verifySignature({
    timestamp: request.headers['x-shkeeper-timestamp'],
    signature: request.headers['x-shkeeper-signature'],
    apiKeyHeader: request.headers['x-shkeeper-api-key'],
    ...{ rawBody: bytes, keys: settings.webhookKeys, nowMs: clock.now(), legacy: settings.legacySignature },
  });
  return {
    method: request.method,
    path: short(request.path),
    headers: Object.fromEntries(shown.map((name) => [name, short(request.get(name) ?? '')])),
    hiddenHeaders: names.filter((name) => !shownHeaders.includes(name)).map(short),
    queryNames: Object.keys(request.query).slice(0, most.names).map(short),
    body: { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), isJson: isJson(bytes) },
    signature: { valid: verdict.ok, reason: verdict.ok ? null : verdict.reason },
  };
}

/** Echoes what a configured webhook sends; before every parser, since the signature is over the bytes. */
export function callbackTestRoutes(deps: AppDeps, limited: RequestHandler): Router {
  const router = exactRouter();
  if (deps.development === null) return router;
  const echo: RequestHandler = (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.status(202).json({ success: true, data: echoOf(request, deps) });
  };
  router.get(splitOperation(getCallbackTest.operation).path, limited, echo);
  router.post(splitOperation(postCallbackTest.operation).path, limited, rawBody, echo);
  return router;
}

/** As the provider would tell of this payment; nothing in it is believed before the chain says so. */
function callbackOf(state: PaymentState, said: { status: string; transactionHash?: string; amount?: string }) {
  const provider = state.provider;
  if (!provider) throw new AppError('not_found', 'No provider takes the money of this payment.');
  const coin = provider.coin;
  const amount = said.amount ?? formatAmount(state.price, state.asset.decimals);
  const { transactionHash: txid, status } = said;
  const common = { external_id: provider.externalId, crypto: coin, addr: provider.address, status };
  if (status === 'unconfirmed') return { ...common, txid: txid ?? null, amount };
  const rows = txid === undefined ? [] : [{ txid, crypto: coin, amount_crypto: amount, trigger: true }];
  return { ...common, paid: status !== 'PARTIAL', balance_crypto: amount, transactions: rows };
}

async function openTestPayment(commands: AppDeps['commands'], input: ReturnType<typeof createTestPayment.body.parse>) {
  const as = (userId: string, role: Role) => ({ userId, role });
  const { buyerId, sellerId, ...price } = input;
  const [buyer, seller] = [as(buyerId, 'buyer'), as(sellerId, 'seller')];
  const title = 'A test of the payment API';
  const request = await commands.postRequest({ actor: buyer, title, description: '' });
  const offer = await commands.placeOffer({ actor: seller, requestId: request.id, ...price });
  const ids = { purchaseRequestId: request.id, sellerOfferId: offer.id };
  const { state } = await commands.openIntent({ actor: buyer, ...ids, sellerId, ...price });
  const externalId = state.provider?.externalId ?? null;
  return { paymentId: state.id, externalId, ...ids, buyerId, sellerId, status: state.status };
}

/** Routes for trying things out; without the tools of development there are none. */
export function developmentRoutes(deps: AppDeps, serve: Serve, limiters: Limiters): Router {
  const router = exactRouter();
  const { development, commands, clock, settings } = deps;
  if (development === null) return router;
  const at = ({ operation }: Pick<AnyEndpoint, 'operation'>) => splitOperation(operation).path;

  router.post(at(testProvider), limiters.create, async (request, response) => {
    validate(request, testProvider);
    const begun = clock.now();
    const coins = await development.listCoins();
    response.json({ success: true, data: { coins, milliseconds: clock.now() - begun } });
  });

  router.post(at(createTestPayment), limiters.create, async (request, response) => {
    const { body } = validate(request, createTestPayment);
    response.status(createTestPayment.status).json({ success: true, data: await openTestPayment(commands, body) });
  });

  serve(router, triggerWebhook, async ({ actor, body: { paymentId, ...said } }) => {
    const { state } = incomingOnly(await ownPayment(deps, actor, paymentId));
    const sent = callbackOf(state, said);
    const answered = await post(development, sent, { key: settings.webhookKeys[0] ?? '', nowMs: clock.now() });
    return { success: true, data: { externalId: sent.external_id, sent, answered } };
  });

  return router;
}

async function post(development: DevelopmentTools, sent: object, { key, nowMs }: { key: string; nowMs: number }) {
  const rawBody = Buffer.from(JSON.stringify(sent));
  const seconds = Math.floor(nowMs / 1000);
  const headers = { 'X-Shkeeper-Timestamp': String(seconds), 'X-Shkeeper-Signature': signBody(key, seconds, rawBody) };
  return development.deliver(rawBody, headers);
}
