import { parseUnits } from 'ethers';
import { ApiRefusal, type Person } from './api.ts';
import type { ReadyTransaction, Wallets } from './wallets.ts';

/** Everybody and everything one trade needs. */
export interface Stage {
  readonly buyer: Person;
  readonly seller: Person;
  readonly rival: Person;
  readonly admin: Person;
  readonly wallets: Wallets;
  readonly keys: { readonly buyer: string; readonly signers: readonly string[]; readonly relayer: string };
  readonly addresses: { readonly buyer: string; readonly seller: string };
  readonly sellerId: string;
  readonly decimals: number;
  readonly step: (name: string, facts: Record<string, unknown>) => void;
}

type Json = Record<string, unknown>;
const dataOf = (answer: Json) => (answer.data ?? answer) as Json;
const text = (value: unknown) => String(value);

async function openTrade(stage: Stage, title: string, price: string) {
  const request = dataOf(
    await stage.buyer.post('/api/requests', {
      title,
      description: 'A trade of the demo',
      buyerWallet: stage.addresses.buyer,
      refundTo: stage.addresses.buyer,
    }),
  );
  const offers = `/api/requests/${request.id}/offers`;
  await stage.rival.post(offers, { amount: '99', payoutAddress: stage.addresses.seller });
  const offer = dataOf(await stage.seller.post(offers, { amount: price, payoutAddress: stage.addresses.seller }));
  stage.step('request and offers', { requestId: request.id, offerId: offer.id, price });
  const intent = dataOf(
    await stage.buyer.post('/api/payment/shkeeper/intents', {
      purchaseRequestId: request.id,
      sellerOfferId: offer.id,
      sellerId: stage.sellerId,
      amount: Number(price),
    }),
  );
  const payTo = intent.payTo as Json;
  stage.step('intent', { paymentId: intent.paymentId, payTo: payTo.address, amount: payTo.amount });
  return { requestId: text(request.id), paymentId: text(intent.paymentId), payTo: text(payTo.address) };
}

async function fund(stage: Stage, trade: { paymentId: string; payTo: string }, price: string) {
  const txHash = await stage.wallets.pay(stage.keys.buyer, trade.payTo, parseUnits(price, stage.decimals));
  stage.step('buyer paid on chain', { txHash });
  const look = (accept: (payment: Json) => boolean) => async () => {
    const payment = dataOf(await stage.buyer.get(`/api/payment/${trade.paymentId}`));
    return accept(payment) ? payment : null;
  };
  const completed = await stage.buyer.until(
    'the payment completes',
    look((p) => p.status === 'completed'),
  );
  stage.step('completed', { escrowState: completed.escrowState, custody: completed.custody });
  await stage.buyer.until(
    'the money is in the vault',
    look((p) => p.custody === 'contract'),
  );
  stage.step('forwarded to the vault', { custody: 'contract', vault: completed.vault });
}

/** Waits while the API says that the money is not final yet. */
async function prepare(stage: Stage, path: string, body: Json): Promise<Json> {
  return stage.admin.until(`${path} is possible`, async () => {
    try {
      return dataOf(await stage.admin.post(path, body));
    } catch (error) {
      const early = error instanceof ApiRefusal && ['escrow_not_final', 'escrow_forwarding'].includes(error.code);
      if (early) return null;
      throw error;
    }
  });
}

async function settle(stage: Stage, paymentId: string, kind: 'release' | 'refund'): Promise<Json> {
  const path = `/api/payment/shkeeper/${paymentId}/${kind}`;
  const payload = await prepare(stage, path, {});
  stage.step(`${kind} payload`, { digest: payload.digest, threshold: payload.threshold, settleSeq: payload.settleSeq });
  const typedData = payload.typedData as { domain: object; types: object; message: object };
  const signatures = await Promise.all(stage.keys.signers.map((key) => stage.wallets.sign(key, typedData)));
  const signed = dataOf(await stage.admin.post(path, { signatures }));
  stage.step('signed', { signedBy: signed.signedBy });
  const txHash = await stage.wallets.broadcast(stage.keys.relayer, signed.transaction as ReadyTransaction);
  stage.step('broadcast', { txHash });
  const wanted = kind === 'release' ? 'released' : 'refunded';
  const final = await stage.admin.until(`the ${kind} is final`, async () => {
    const answer = dataOf(await stage.admin.post(`${path}/confirm`, { txHash }));
    return answer.status === wanted ? answer : null;
  });
  stage.step(wanted, { status: final.status, escrowState: final.escrowState });
  return final;
}

/** One whole trade over the public API; says how it ended and how the seller's or buyer's balance moved. */
export async function runTrade(stage: Stage, price: string, kind: 'release' | 'refund') {
  const trade = await openTrade(stage, kind === 'release' ? 'A camera' : 'A broken camera', price);
  const sellerBefore = await stage.wallets.balance(stage.addresses.seller);
  await fund(stage, trade, price);
  const end = await settle(stage, trade.paymentId, kind);
  const wanted = kind === 'release' ? 'seller_paid' : 'refunded';
  const request = await stage.buyer.until('the request follows', async () => {
    const found = dataOf(await stage.buyer.get(`/api/requests/${trade.requestId}`));
    return found.status === wanted ? found : null;
  });
  const sellerReceived = (await stage.wallets.balance(stage.addresses.seller)) - sellerBefore;
  stage.step('request follows', { requestStatus: request.status });
  return {
    status: text(end.status),
    escrowState: text(end.escrowState),
    requestStatus: text(request.status),
    sellerReceived,
  };
}
