import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { SandboxInfo } from './settings.ts';

const PEOPLE = { buyer: 'sandbox-buyer', seller: 'sandbox-seller', admin: 'sandbox-admin' } as const;
const TOKEN_LIFETIME = '30d';

type Tokens = Record<keyof typeof PEOPLE, string>;

/** Tokens for one buyer, one seller and one admin of the sandbox. */
export function sandboxTokens(info: SandboxInfo): Tokens {
  const key = createSecretKey(Buffer.from(info.jwtSecret));
  const sign = (role: keyof typeof PEOPLE) =>
    jwt.sign({ role }, key, {
      algorithm: 'HS256',
      subject: PEOPLE[role],
      issuer: info.jwtIssuer,
      audience: info.jwtAudience,
      expiresIn: TOKEN_LIFETIME,
    });
  return { buyer: sign('buyer'), seller: sign('seller'), admin: sign('admin') };
}

/** What the sandbox prints when it is ready; the curl is for a request and an offer that were just posted. */
export async function describeSandbox(info: SandboxInfo, logFolder: string): Promise<string> {
  const tokens = sandboxTokens(info);
  const offered = await postOffer(info, tokens).catch(() => undefined);
  return [
    '',
    `Holdfast sandbox is ready: ${info.apiUrl}`,
    '',
    `  docs        ${info.apiUrl}/docs (every route, to be tried with a token)`,
    `  health      ${info.apiUrl}/api/payment/health`,
    `  SHKeeper    ${info.simulatorUrl} (simulator)`,
    `  chain       ${info.chainUrl} (anvil, escrow ${info.deployment.escrow})`,
    `  MongoDB     ${info.mongodbUri}`,
    `  Redis       ${info.redisUrl}`,
    `  logs        ${logFolder}`,
    '',
    'Tokens, good for 30 days (HTTP: "Authorization: Bearer …"; sockets: auth.token):',
    '',
    `BUYER=${tokens.buyer}`,
    `SELLER=${tokens.seller}`,
    `ADMIN=${tokens.admin}`,
    '',
    ...(offered ? ['Open a payment intent:', '', intentCurl(info, tokens, offered), ''] : []),
    'Pay it, and release it: "Learn it by curl" in CONTRIBUTING.md',
    'Watch a whole trade: npm run demo          Stop: Ctrl-C (everything is kept for the next start)',
    '',
  ].join('\n');
}

interface Offered {
  readonly requestId: string;
  readonly offerId: string;
}

function intentCurl(info: SandboxInfo, tokens: Tokens, offered: Offered): string {
  const body = {
    purchaseRequestId: offered.requestId,
    sellerOfferId: offered.offerId,
    sellerId: PEOPLE.seller,
    amount: 25.5,
  };
  return [
    `curl -s ${info.apiUrl}/api/payment/shkeeper/intents \\`,
    `  -H 'authorization: Bearer ${tokens.buyer}' \\`,
    `  -H 'content-type: application/json' -H 'idempotency-key: ${offered.requestId}' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n');
}

async function postOffer(info: SandboxInfo, tokens: Tokens): Promise<Offered> {
  const { deployment } = info;
  const requestId = await post(info, tokens.buyer, '/api/requests', {
    title: 'A camera',
    description: 'Posted by the sandbox, so that there is something to pay for',
    buyerWallet: deployment.buyerAddress,
    refundTo: deployment.buyerAddress,
  });
  const offer = { amount: '25.5', payoutAddress: deployment.sellerAddress };
  return { requestId, offerId: await post(info, tokens.seller, `/api/requests/${requestId}/offers`, offer) };
}

async function post(info: SandboxInfo, token: string, route: string, body: unknown): Promise<string> {
  const response = await fetch(`${info.apiUrl}${route}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const answer: { id?: string; data?: { id?: string } } = JSON.parse(await response.text());
  const id = answer.data?.id ?? answer.id;
  if (!response.ok || id === undefined) throw new Error(`${route} answered ${response.status}`);
  return id;
}
