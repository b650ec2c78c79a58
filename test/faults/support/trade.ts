import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { parseUnits } from 'ethers';
import { eventually } from '../../support/eventually.ts';
import { type Call, type Json, people, type Stage } from './stage.ts';

/** One trade that waits for the buyer's money. */
export interface OpenTrade {
  readonly requestId: string;
  readonly offerId: string;
  readonly rivalOfferId: string;
  readonly paymentId: string;
  readonly payTo: string;
  readonly vault: string;
}

/** Base units of the test token. */
export const units = (amount: string) => parseUnits(amount, 18);

/** How long a stage on two busy cores may take for one step of a trade. */
export const stepLimitMs = 60_000;

/** The same where servers die again and again. */
export const limitOf = ({ patience = 1 }: Pick<Stage, 'patience'>) => stepLimitMs * patience;

/** The lease of a died process on the question for an address (45 s), and one step more. */
const addressLeaseMs = 45_000;
/** A keyed call whose server died is held for so long. */
const keyHeldMs = 60_000;

/** Puts request, two offers and an intent in place through the public API. */
export async function openTrade(
  stage: Stage,
  options: {
    price?: string;
    refundTo?: string | null;
    payoutAddress?: string | null;
    server?: number | undefined;
    buyer?: string;
  } = {},
): Promise<OpenTrade> {
  const { price = '100', server, buyer = people.buyer } = options;
  const { deployment } = stage.sandbox.info;
  const refundTo = options.refundTo === undefined ? deployment.buyerAddress : options.refundTo;
  const payoutAddress = options.payoutAddress === undefined ? deployment.sellerAddress : options.payoutAddress;
  const post = (path: string, userId: string, role: string, body: object) =>
    postOnce(stage, path, { token: stage.token(userId, role), body, server });
  const request = await post('/api/requests', buyer, 'buyer', {
    title: `Trade ${randomUUID()}`,
    description: 'A trade of a test',
    buyerWallet: deployment.buyerAddress,
    ...(refundTo === null ? {} : { refundTo }),
  });
  const offers = `/api/requests/${request.id}/offers`;
  const rival = await post(offers, people.rival, 'seller', { amount: '250', payoutAddress: deployment.sellerAddress });
  const offer = await post(offers, people.seller, 'seller', {
    amount: price,
    ...(payoutAddress === null ? {} : { payoutAddress }),
  });
  const intent = await openIntent(
    stage,
    { server, token: stage.token(buyer, 'buyer') },
    {
      purchaseRequestId: request.id,
      sellerOfferId: offer.id,
      sellerId: people.seller,
      amount: Number(price),
    },
  );
  return {
    requestId: String(request.id),
    offerId: String(offer.id),
    rivalOfferId: String(rival.id),
    paymentId: String(intent.paymentId),
    payTo: String((intent.payTo as Json).address),
    vault: String(intent.vault),
  };
}

const running = ['idempotency_key_in_use', 'busy'];

/** Makes one thing under a key, as a client does who may have to repeat. */
async function postOnce(stage: Stage, path: string, call: Call): Promise<Json> {
  const headers = { 'idempotency-key': randomUUID() };
  const answer = await eventually(
    async () => {
      const found = await stage.call('POST', path, { ...call, headers });
      return running.includes(String(found.body.code)) ? null : found;
    },
    { timeoutMs: keyHeldMs + limitOf(stage), what: `POST ${path} is answered` },
  );
  expect(answer.status, JSON.stringify(answer.body)).to.be.within(200, 201);
  return answer.data;
}

/** Opens the intent, repeating unchanged what the API says to repeat: after a crash the provider is asked again 45 s later. */
export function openIntent(stage: Stage, by: Pick<Call, 'server' | 'token'>, body: object): Promise<Json> {
  return eventually(
    async () => {
      const answer = await stage.call('POST', '/api/payment/shkeeper/intents', { ...by, body });
      if (answer.status === 200) return answer.data;
      if ([502, 503].includes(answer.status)) return null;
      throw new Error(`the intent answered ${answer.status} ${JSON.stringify(answer.body)}`);
    },
    { timeoutMs: addressLeaseMs + limitOf(stage), what: 'the intent has an address' },
  );
}

/** The payment as an admin sees it. */
export async function payment(stage: Stage, paymentId: string, server?: number): Promise<Json> {
  const answer = await stage.call('GET', `/api/payment/${paymentId}`, {
    token: stage.token(people.admin, 'admin'),
    server,
  });
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  return answer.data;
}

/** Waits until the payment looks as wanted. */
export function untilPayment(stage: Stage, paymentId: string, wanted: Json, server?: number): Promise<Json> {
  return eventually(
    async () => {
      const found = await payment(stage, paymentId, server);
      const differs = Object.entries(wanted).find(
        ([name, value]) => JSON.stringify(found[name]) !== JSON.stringify(value),
      );
      if (differs) throw new Error(`${differs[0]} is ${JSON.stringify(found[differs[0]])}`);
      return found;
    },
    { timeoutMs: limitOf(stage), what: `payment ${paymentId} as ${JSON.stringify(wanted)}` },
  );
}

const early = ['escrow_not_final', 'escrow_forwarding', 'busy'];

/** Prepares a settlement as an admin, repeating only what the API says to repeat. */
export function prepare(stage: Stage, paymentId: string, kind: 'release' | 'refund', body: object = {}): Promise<Json> {
  return eventually(
    async () => {
      const answer = await stage.call('POST', `/api/payment/shkeeper/${paymentId}/${kind}`, {
        token: stage.token(people.admin, 'admin'),
        body,
      });
      if (answer.status === 200) return answer.data;
      if (early.includes(String(answer.body.code))) return null;
      throw new Error(`${kind} answered ${answer.status} ${JSON.stringify(answer.body)}`);
    },
    { timeoutMs: limitOf(stage), what: `${kind} of ${paymentId} can be prepared` },
  );
}

/** Two of three development signers sign what was prepared; answers the ready transaction. */
export async function sign(stage: Stage, paymentId: string, kind: 'release' | 'refund', payload: Json): Promise<Json> {
  const keys = stage.sandbox.info.deployment.signerKeys.slice(0, 2);
  const signatures = await Promise.all(keys.map((key) => stage.chain.sign(key, payload.typedData as Json)));
  const signed = await prepare(stage, paymentId, kind, { signatures });
  expect(signed.missing).to.equal(0);
  return signed.transaction as Json;
}

/** Confirms until the outcome is final. */
export function confirm(stage: Stage, paymentId: string, kind: 'release' | 'refund', txHash: string): Promise<Json> {
  const wanted = kind === 'release' ? 'released' : 'refunded';
  return eventually(
    async () => {
      const answer = await stage.call('POST', `/api/payment/shkeeper/${paymentId}/${kind}/confirm`, {
        token: stage.token(people.admin, 'admin'),
        body: { txHash },
      });
      if (answer.status !== 200) throw new Error(`confirm answered ${answer.status} ${JSON.stringify(answer.body)}`);
      return (
        answer.data.status === wanted || payment(stage, paymentId).then((p) => (p.escrowState !== 'funded' ? p : null))
      );
    },
    { timeoutMs: limitOf(stage), what: `the ${kind} of ${paymentId} is final` },
  ).then(() => payment(stage, paymentId));
}

/** Release or refund from payload to the final state. */
export async function settle(stage: Stage, paymentId: string, kind: 'release' | 'refund'): Promise<Json> {
  const transaction = await sign(stage, paymentId, kind, await prepare(stage, paymentId, kind));
  const txHash = await stage.chain.send(transaction as { to: string; data: string; value: string });
  return confirm(stage, paymentId, kind, txHash);
}
