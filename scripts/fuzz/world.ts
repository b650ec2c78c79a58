import type { Known } from './arbitraries.ts';
import { bearerOf, type Caller, serverOf } from './callers.ts';
import type { DocumentedOperation } from './document.ts';
import type { createSender } from './send.ts';

/** Tokens of the people who call. */
export interface Tokens {
  readonly buyer: string;
  readonly seller: string;
  readonly admin: string;
}

/** Names of what is there, so that requests reach further than "not found". */
export interface World {
  readonly callers: readonly Caller[];
  readonly known: (operation: DocumentedOperation) => Known;
  /** Revokes the key, which may do everything that keys may. */
  readonly end: () => Promise<void>;
}

/** Of nobody: these payments are never paid. */
const wallets = {
  buyer: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  seller: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
} as const;
const price = '25.5';
const scopes = ['read', 'trade', 'intents', 'payouts', 'reports'];

type Send = ReturnType<typeof createSender>['send'];
type Data = Readonly<Record<string, unknown>>;

/** Posts as somebody and answers the data; a refusal is told, since without it nothing is reached. */
async function post(send: Send, caller: Caller, target: string, body: unknown): Promise<Data> {
  const text = JSON.stringify(body);
  const answer = await send(
    caller.known({ method: 'POST', target, headers: { 'content-type': 'application/json' }, body: text }),
  );
  if (answer.status >= 300) throw new Error(`${target} as ${caller.name} answered ${answer.status}: ${answer.text}`);
  const read = JSON.parse(answer.text) as Data;
  return (read.data as Data | undefined) ?? read;
}

const idIn = (data: Data, ...names: readonly string[]) =>
  String(names.map((name) => data[name]).find((value) => typeof value === 'string') ?? '');

function subjectOf(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Data;
  return idIn(claims, 'sub');
}

/** Opens a request, an offer, a payment and a key through the API, and says who calls with what in hand. */
export async function prepareWorld(send: Send, tokens: Tokens): Promise<World> {
  const [buyer, seller, admin] = (['buyer', 'seller', 'admin'] as const).map((name) =>
    bearerOf(name, tokens[name]),
  ) as [Caller, Caller, Caller];
  const [buyerId, sellerId] = [subjectOf(tokens.buyer), subjectOf(tokens.seller)];
  const place = async () => {
    const request = idIn(
      await post(send, buyer, '/api/requests', {
        title: 'A lamp',
        buyerWallet: wallets.buyer,
        refundTo: wallets.buyer,
      }),
      'id',
    );
    const offer = idIn(
      await post(send, seller, `/api/requests/${request}/offers`, { amount: price, payoutAddress: wallets.seller }),
      'id',
    );
    return { request, offer };
  };
  const [used, open] = [await place(), await place()];
  const intent = { purchaseRequestId: used.request, sellerOfferId: used.offer, sellerId, amount: price };
  const opened = await post(send, buyer, '/api/payment/shkeeper/intents', intent);
  const payment = idIn(opened, 'paymentId', 'id');
  const key = await post(send, admin, '/api/payment/v1/api-keys', { name: 'fuzz', scopes, expiresInDays: 1 });
  const server = serverOf({ id: idIn(key, 'id'), secret: idIn(key, 'secret') }, `buyer:${buyerId}`);
  const payments = [payment, 'f'.repeat(24)];
  const names: Readonly<Record<string, readonly string[]>> = {
    paymentId: payments,
    purchaseRequestId: [used.request, open.request],
    sellerOfferId: [used.offer, open.offer],
    offerId: [used.offer, open.offer],
    userId: [buyerId, sellerId, 'nobody'],
    ...{ buyerId: [buyerId], sellerId: [sellerId], externalId: [idIn(opened, 'externalId') || `AMN_${payment}`] },
    taskId: [`AMN_${payment}`],
    ...{ amount: [price], network: ['bsc'], token: ['USDT'], 'Idempotency-Key': [] },
  };
  return {
    callers: [buyer, seller, admin, server],
    async end() {
      await post(send, admin, `/api/payment/v1/api-keys/${idIn(key, 'id')}/revoke`, {});
    },
    known:
      ({ path }) =>
      (name) => {
        if (name !== 'id') return Object.hasOwn(names, name) ? (names[name] ?? []) : [];
        // a key that others of these calls use is not to be revoked
        if (path.includes('/api-keys/')) return [];
        return path.startsWith('/api/requests') ? [used.request, open.request] : payments;
      },
  };
}

/** Status and escrowState of every payment there is, by id. */
export async function readPayments(send: Send, adminToken: string): Promise<ReadonlyMap<string, string>> {
  const admin = bearerOf('admin', adminToken);
  const answer = await send(
    admin.known({ method: 'GET', target: '/api/payment/export?format=json', headers: {}, body: undefined }),
  );
  if (answer.status !== 200) throw new Error(`the export answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  const { data } = JSON.parse(answer.text) as { readonly data: readonly Data[] };
  return new Map(
    data.map((payment) => [
      idIn(payment, 'id', 'paymentId', '_id'),
      JSON.stringify([payment.status, payment.escrowState]),
    ]),
  );
}
