import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ProviderReport, ReportedTransaction } from '../../domain/state.ts';
import { normaliseTransactionId } from './transactionId.ts';

const externalIdMax = 128;
/** A 1 MiB body holds about 3,900 transactions. */
const transactionsMax = 5000;
const unreadableMax = 20;
const textMax = 200;

const text = z
  .union([z.string().max(textMax), z.number()])
  .transform(String)
  .nullable()
  .catch(null)
  .default(null);
const rowSchema = z
  .object({ txid: text, crypto: text, addr: text, status: text, amount: text, amount_crypto: text })
  .nullable()
  .catch(null);
const rows = z
  .array(z.unknown())
  .transform((list) => list.slice(0, transactionsMax).map((row) => rowSchema.parse(row)))
  .nullable()
  .catch(null)
  .default(null);
/** Tolerant on purpose: an odd field reads as null, an unknown one is ignored, and the raw bytes stay in the evidence. */
const reportSchema = z.object({
  external_id: z.union([z.string(), z.number()]).transform(String).nullable().catch(null).default(null),
  status: text,
  crypto: text,
  addr: text,
  txid: text,
  amount: text,
  balance_fiat: text,
  balance_crypto: text,
  paid: z.boolean().nullable().catch(null).default(null),
  transactions: rows,
  txs: rows,
});
const payoutSchema = z.object({
  payout_id: text,
  external_id: text,
  tx_hash: text,
  status: text,
  crypto: text,
});
type Row = z.infer<typeof rowSchema>;
type RawReport = z.infer<typeof reportSchema>;

export type UnreadableReason =
  | 'not_json'
  | 'not_an_object'
  | 'external_id_missing'
  | 'external_id_too_long'
  | 'shape_unknown'
  | 'payout_id_missing';
export type Translation<T> =
  | { readonly ok: true; readonly report: T }
  | { readonly ok: false; readonly reason: UnreadableReason };

/** What a payout callback says; a hint only, since a payout ends with a mined receipt. */
export interface PayoutReport {
  readonly payoutId: string;
  readonly externalId: string | null;
  readonly txHash: string | null;
  readonly status: string;
  readonly coin: string | null;
  readonly deliveryKey: string;
}

const refuse = (reason: UnreadableReason) => ({ ok: false, reason }) as const;
const sha256 = (facts: unknown): string => createHash('sha256').update(JSON.stringify(facts)).digest('hex');

function parseObject(rawBody: Buffer): Translation<object> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody));
  } catch {
    return refuse('not_json');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return refuse('not_an_object');
  return { ok: true, report: parsed };
}

/** Canonical decimal string of a reported amount; 18 decimals are the most any token here has. */
function readAmount(raw: string | null): string | null {
  const match = /^\s*(\d{1,40})(?:\.(\d{0,40}))?(e[+-]?\d{1,2})?\s*$/i.exec(raw ?? '');
  if (!match) return null;
  if (match[3] !== undefined) return readAmount(Number(raw).toFixed(18));
  const whole = (match[1] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

interface ReadRows {
  readonly transactions: readonly ReportedTransaction[];
  readonly unreadable: readonly string[];
}

function readRows(given: readonly Row[], confirmed: (row: NonNullable<Row>) => boolean): ReadRows {
  const transactions = new Map<string, ReportedTransaction>();
  const unreadable: string[] = [];
  for (const row of given) {
    const txHash = normaliseTransactionId(row?.txid ?? '');
    const amount = readAmount(row?.amount_crypto ?? row?.amount ?? null);
    // Zero-value transfers are address-poisoning spam: no fact, no event.
    if (amount === '0') continue;
    if (row && txHash && amount) {
      const transaction = { txHash, coin: row.crypto ?? '', amount, confirmed: confirmed(row) };
      transactions.set(factOf(transaction), transaction);
    } else {
      unreadable.push(`transaction ${row?.txid ?? '(none)'} amount ${row?.amount_crypto ?? row?.amount ?? '(none)'}`);
    }
  }
  return { transactions: [...transactions.values()], unreadable };
}

const factOf = (transaction: ReportedTransaction): string =>
  JSON.stringify([transaction.txHash, transaction.coin, transaction.amount, transaction.confirmed]);

type ReportFacts = Omit<ProviderReport, 'deliveryKey' | 'unreadable' | 'transactions'>;

function finishReport(facts: ReportFacts, read: ReadRows): ProviderReport {
  const { externalId, shape, reportedStatus } = facts;
  // Dates, triggers, balances and signatures stay out, so that a resend of the same facts is a duplicate.
  const set = [read.transactions.map(factOf).sort(), [...read.unreadable].sort()];
  const deliveryKey = sha256([externalId, shape, reportedStatus, ...set]);
  const unreadable = read.unreadable.slice(0, unreadableMax);
  return { ...facts, transactions: read.transactions, unreadable, deliveryKey };
}

function readExternalId(raw: RawReport): Translation<string> {
  if (raw.external_id === null || raw.external_id === '') return refuse('external_id_missing');
  return raw.external_id.length > externalIdMax
    ? refuse('external_id_too_long')
    : { ok: true, report: raw.external_id };
}

/** Reads one invoice callback, confirmed or unconfirmed, into our words; pure. */
export function translateCallback(rawBody: Buffer): Translation<ProviderReport> {
  const body = parseObject(rawBody);
  if (!body.ok) return body;
  const raw = reportSchema.parse(body.report);
  const externalId = readExternalId(raw);
  if (!externalId.ok) return externalId;
  const unconfirmed = raw.status === 'unconfirmed';
  if (!unconfirmed && raw.transactions === null) return refuse('shape_unknown');
  const facts: ReportFacts = {
    externalId: externalId.report,
    shape: unconfirmed ? 'unconfirmed' : 'confirmed',
    reportedStatus: raw.status ?? '',
    coin: raw.crypto,
    address: raw.addr,
    paid: raw.paid,
    balanceFiat: raw.balance_fiat,
    balanceCrypto: raw.balance_crypto,
  };
  const single = rowSchema.parse({ txid: raw.txid, crypto: raw.crypto, amount: raw.amount });
  const read = unconfirmed ? readRows([single], () => false) : readRows(raw.transactions ?? [], () => true);
  return { ok: true, report: finishReport(facts, read) };
}

const onlyOne = (values: readonly (string | null)[]): string | null => {
  const distinct = new Set(values);
  return distinct.size === 1 ? (values[0] ?? null) : null;
};

/** Reads one invoice of `GET /invoices/{external_id}`; it names no address or coin of its own, only its transactions do. */
export function translateInvoice(invoice: unknown): Translation<ProviderReport> {
  const parsed = reportSchema.safeParse(invoice);
  if (!parsed.success) return refuse('not_an_object');
  const externalId = readExternalId(parsed.data);
  if (!externalId.ok) return externalId;
  const given = parsed.data.txs ?? [];
  const addresses = given.map((row) => row?.addr ?? null);
  const facts: ReportFacts = {
    externalId: externalId.report,
    shape: 'poll',
    reportedStatus: parsed.data.status ?? '',
    coin: onlyOne(given.map((row) => row?.crypto ?? null)),
    address: onlyOne(addresses),
    paid: null,
    balanceFiat: parsed.data.balance_fiat,
    balanceCrypto: null,
  };
  const read = readRows(given, (row) => row.status === 'CONFIRMED');
  const several = new Set(addresses).size > 1 ? [`addresses ${[...new Set(addresses)].slice(0, 3).join(' ')}`] : [];
  return { ok: true, report: finishReport(facts, { ...read, unreadable: [...several, ...read.unreadable] }) };
}

/** Reads a payout callback; pure. */
export function translatePayoutCallback(rawBody: Buffer): Translation<PayoutReport> {
  const body = parseObject(rawBody);
  if (!body.ok) return body;
  const raw = payoutSchema.parse(body.report);
  if (raw.payout_id === null) return refuse('payout_id_missing');
  if ((raw.external_id?.length ?? 0) > externalIdMax) return refuse('external_id_too_long');
  const txHash = normaliseTransactionId(raw.tx_hash ?? '');
  const facts = {
    payoutId: raw.payout_id,
    externalId: raw.external_id,
    txHash,
    status: raw.status ?? '',
    coin: raw.crypto,
  };
  return {
    ok: true,
    report: { ...facts, deliveryKey: sha256([facts.payoutId, facts.externalId, txHash, facts.status]) },
  };
}
