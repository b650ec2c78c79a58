import { z } from 'zod';
import type { PayoutAnswer } from '../../ports/outside.ts';
import { notSent, outcomeOfError } from './payoutOutcome.ts';
import { boundMessage, ShkeeperError } from './shkeeperError.ts';
import { normaliseTransactionId } from './transactionId.ts';
import { createTransport, type Transport, type TransportSettings } from './transport.ts';

/** The core itself waits 10 s for its coin backend and 10 s for its rate source. */
const readTimeoutMs = 12_000;
const requestPaymentTimeoutMs = 25_000;
const payoutTimeoutMs = 20_000;

const decimalText = z.union([z.string().regex(/^\d+(\.\d+)?$/), z.number().nonnegative()]).transform(String);
/** Only EVM coins are ever asked for; the zero address is never a wallet. */
const addressText = z.string().regex(/^0x(?!0{40})[0-9a-fA-F]{40}$/);
const idText = z.union([z.string(), z.number()]).transform(String);
const success = z.literal('success');

const coinsSchema = z.object({
  status: success,
  crypto: z.array(z.string()).optional(),
  crypto_list: z.array(z.object({ name: z.string() })),
});
const quoteSchema = z.object({ amount_crypto: decimalText, exchange_rate: decimalText });
const paymentSchema = z.object({
  status: success,
  id: idText,
  amount: decimalText,
  exchange_rate: decimalText,
  wallet: addressText,
});
const invoicesSchema = z.object({
  status: success,
  invoices: z.array(z.looseObject({ external_id: idText })).max(100),
});
const txInfoSchema = z.object({
  status: success,
  info: z.object({ crypto: z.string(), amount: decimalText, addr: z.string() }).partial(),
});
const hotWalletSchema = z.object({ fee_deposit_address: addressText });
/** The number 0 in place of a text when the wallet is empty, or when its backend is merely away. */
const balanceSchema = z.object({ amount_crypto: decimalText, server_status: z.string() });
const payoutSchema = z.object({ task_id: z.string().min(1).max(128) });
const payoutStatusSchema = z.object({
  external_id: idText,
  status: z.enum(['IN_PROGRESS', 'SUCCESS', 'FAIL']),
  txid: z.string().nullable().optional(),
});
const taskRowSchema = z.object({ txids: z.array(z.string()).optional(), status: z.unknown() });
const taskSchema = z.object({
  status: z.string().regex(/^[A-Z]{1,32}$/),
  result: z.union([z.null(), z.string(), z.array(taskRowSchema), z.looseObject({})]).optional(),
});

export interface PaymentRequest {
  readonly externalId: string;
  readonly coin: string;
  readonly fiat: string;
  readonly amount: string;
  readonly callbackUrl: string;
}
export interface RequestedPayment {
  readonly address: string;
  readonly providerAmount: string;
  readonly exchangeRate: string;
  readonly providerInvoiceId: string;
}
export interface PayoutOrder {
  readonly externalId: string;
  readonly coin: string;
  /** Exact decimal string without an exponent. */
  readonly amount: string;
  readonly destination: string;
  readonly callbackUrl: string;
}
export interface PayoutState {
  readonly status: 'IN_PROGRESS' | 'SUCCESS' | 'FAIL';
  readonly txHash: string | null;
}
/** `status` is a Celery state; PENDING also for a task nobody knows, SUCCESS means broadcast and not mined. */
export interface TaskState {
  readonly status: string;
  readonly txHashes: string[];
  readonly message: string | null;
}

/** One function for each endpoint of SHKeeper that Holdfast uses; all but `createPayout` throw `ShkeeperError`. */
export interface ShkeeperClient {
  listCoins(): Promise<string[]>;
  quote(coin: string, fiat: string, amount: string): Promise<{ amountCrypto: string; exchangeRate: string }>;
  /** Identical at the provider only when serial, so parallel calls of one external id share one request. */
  requestPayment(request: PaymentRequest): Promise<RequestedPayment>;
  /** The raw invoices of one external id; more than one is an alarm. */
  getInvoices(externalId: string): Promise<unknown[]>;
  getTxInfo(txHash: string, externalId: string): Promise<{ coin: string; fiatAmount: string; address: string } | null>;
  getFeeDepositAddress(coin: string): Promise<string>;
  /** What the hot wallet holds of a coin, as a decimal; unswept addresses are not in it. */
  getBalance(coin: string): Promise<{ amount: string; serverStatus: string }>;
  /** Posts once and never throws: its outcome is a value, since the payout machine must tell a refusal from an unknown. */
  createPayout(order: PayoutOrder): Promise<PayoutAnswer>;
  /** Null when the provider has no row, which proves nothing. */
  getPayoutStatus(externalId: string): Promise<PayoutState | null>;
  getTask(coin: string, taskId: string): Promise<TaskState>;
}

const readHashes = (hashes: readonly string[]): string[] => [
  ...new Set(hashes.map(normaliseTransactionId).filter((hash) => hash !== null)),
];

function readTask(task: z.infer<typeof taskSchema>): TaskState {
  const { status, result } = task;
  const rows = Array.isArray(result) ? result : [];
  const message = typeof result === 'string' ? boundMessage(result) : null;
  return { status, txHashes: readHashes(rows.flatMap((row) => row.txids ?? [])), message };
}

/** Makes sure that one external id has at most one `payment_request` under way. */
function createSingleFlight<T>() {
  const running = new Map<string, { readonly facts: string; readonly outcome: Promise<T> }>();
  return (id: string, facts: string, start: () => Promise<T>): Promise<T> => {
    const current = running.get(id);
    if (current?.facts === facts) return current.outcome;
    if (current) throw new ShkeeperError('provider_request', 'another request with this external id is under way');
    const outcome = start().finally(() => running.delete(id));
    running.set(id, { facts, outcome });
    return outcome;
  };
}

const read = { method: 'GET', auth: 'key', timeoutMs: readTimeoutMs, repeats: 2 } as const;

async function postPaymentRequest(transport: Transport, request: PaymentRequest): Promise<RequestedPayment> {
  const { externalId, coin, fiat, amount, callbackUrl } = request;
  const answer = await transport.call({
    method: 'POST',
    path: [coin, 'payment_request'],
    auth: 'key',
    body: { external_id: externalId, fiat, amount, callback_url: callbackUrl },
    timeoutMs: requestPaymentTimeoutMs,
    repeats: 0,
    schema: paymentSchema,
  });
  const { wallet: address, amount: providerAmount, exchange_rate: exchangeRate, id: providerInvoiceId } = answer;
  return { address, providerAmount, exchangeRate, providerInvoiceId };
}

async function postPayout(transport: Transport, order: PayoutOrder): Promise<PayoutAnswer> {
  const { coin, amount, destination, callbackUrl, externalId } = order;
  const answer = await transport.call({
    method: 'POST',
    path: [coin, 'payout'],
    auth: 'basic',
    // The fee is ignored on EVM chains, but a payout without one is an error.
    body: { amount, destination, fee: '0', callback_url: callbackUrl, external_id: externalId },
    timeoutMs: payoutTimeoutMs,
    repeats: 0,
    schema: payoutSchema,
  });
  return { outcome: 'submitted', taskId: answer.task_id };
}

async function fetchPayoutState(transport: Transport, externalId: string): Promise<PayoutState | null> {
  try {
    const query = { external_id: externalId };
    const answer = await transport.call({ ...read, path: ['payout', 'status'], query, schema: payoutStatusSchema });
    return { status: answer.status, txHash: normaliseTransactionId(answer.txid ?? '') };
  } catch (error) {
    const missing = error instanceof ShkeeperError && error.details.httpStatus === 404;
    if (missing && error.message === 'Payout not found') return null;
    throw error;
  }
}

function refusalBeforeSending(order: PayoutOrder): PayoutAnswer | null {
  const isDecimal = /^\d{1,60}(\.\d{1,18})?$/.test(order.amount) && !/^[0.]*$/.test(order.amount);
  if (!isDecimal) return notSent('the amount is not a positive decimal string');
  if (!addressText.safeParse(order.destination).success) return notSent('the destination is not an address');
  return order.externalId === '' ? notSent('the external id is empty') : null;
}

/** Builds the client of one SHKeeper instance. */
export function createShkeeperClient(settings: TransportSettings): ShkeeperClient {
  const transport = createTransport(settings);
  const singleFlight = createSingleFlight<RequestedPayment>();
  return {
    async listCoins() {
      const answer = await transport.call({ ...read, path: ['crypto'], auth: 'none', schema: coinsSchema });
      return answer.crypto_list.map((coin) => coin.name);
    },
    async quote(coin, fiat, amount) {
      const path = [coin, 'quote'];
      const answer = await transport.call({
        ...read,
        method: 'POST',
        path,
        body: { fiat, amount },
        schema: quoteSchema,
      });
      return { amountCrypto: answer.amount_crypto, exchangeRate: answer.exchange_rate };
    },
    async requestPayment(request) {
      const facts = JSON.stringify([request.coin, request.fiat, request.amount, request.callbackUrl]);
      return singleFlight(request.externalId, facts, () => postPaymentRequest(transport, request));
    },
    async getInvoices(externalId) {
      const answer = await transport.call({ ...read, path: ['invoices', externalId], schema: invoicesSchema });
      return answer.invoices.filter((invoice) => invoice.external_id === externalId);
    },
    async getTxInfo(txHash, externalId) {
      const { info } = await transport.call({ ...read, path: ['tx-info', txHash, externalId], schema: txInfoSchema });
      if (info.crypto === undefined || info.amount === undefined || info.addr === undefined) return null;
      return { coin: info.crypto, fiatAmount: info.amount, address: info.addr };
    },
    async getFeeDepositAddress(coin) {
      const answer = await transport.call({ ...read, path: [coin, 'fee-deposit-address'], schema: hotWalletSchema });
      return answer.fee_deposit_address;
    },
    async getBalance(coin) {
      const answer = await transport.call({ ...read, path: [coin, 'balance'], schema: balanceSchema });
      return { amount: answer.amount_crypto, serverStatus: answer.server_status };
    },
    async createPayout(order) {
      return refusalBeforeSending(order) ?? postPayout(transport, order).catch(outcomeOfError);
    },
    getPayoutStatus: (externalId) => fetchPayoutState(transport, externalId),
    async getTask(coin, taskId) {
      const path = [coin, 'task', taskId];
      return readTask(await transport.call({ ...read, path, auth: 'basic', schema: taskSchema }));
    },
  };
}
