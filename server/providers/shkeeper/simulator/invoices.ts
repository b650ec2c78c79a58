import { setTimeout } from 'node:timers/promises';
import { oneTimeKey } from './chain.ts';
import { printAmount, printInvoiceAmount, toDouble } from './numbers.ts';
import type { Invoice, Received } from './state.ts';
import type { SwitchValues } from './switches.ts';
import { coinNamed, type World } from './world.ts';

/** Fiat units for one dollar token; the dollar family is fixed at 1 on the original, too. */
const rates: Readonly<Record<string, number>> = { USD: 1, EUR: 0.9 };

export interface InvoiceOrder {
  readonly externalId: string;
  readonly fiat: string;
  readonly amount: string;
  readonly callbackUrl: string;
}

/** Fiat per coin, or null for a fiat the instance does not know. */
export const rateOf = (fiat: string): number | null => (Object.hasOwn(rates, fiat) ? (rates[fiat] ?? null) : null);

/** The crypto amount asked for: fee included, though the status compares without it. */
export const askedAmount = (amount: string, rate: number, feePercent: number): string =>
  printInvoiceAmount((Number(amount) * (1 + feePercent / 100)) / rate);

/** Opens an invoice, or updates the one with this external id, callback URL and fiat in place, whatever was paid. */
export async function openInvoice(world: World, order: InvoiceOrder, coin: string, rate: number): Promise<Invoice> {
  const { state } = world.store;
  const same = (invoice: Invoice): boolean =>
    invoice.externalId === order.externalId && invoice.callbackUrl === order.callbackUrl && invoice.fiat === order.fiat;
  const known = state.invoices.find(same);
  // Check and insert are two steps on the original: parallel identical requests give two invoices (S20).
  await setTimeout(world.switches.of(order.externalId).walletMs);
  const id = known?.id ?? state.invoices.length + 1;
  const address = known && known.coin === coin ? known.address : openWallet(world, id, coin);
  const values = { amountFiat: order.amount, rate: String(rate), coin, address };
  const invoice = known ?? {
    id,
    externalId: order.externalId,
    callbackUrl: order.callbackUrl,
    fiat: order.fiat,
    ...values,
  };
  if (known) Object.assign(known, values);
  else state.invoices.push(invoice);
  world.store.save();
  return invoice;
}

function openWallet(world: World, invoiceId: number, coin: string): string {
  const { state } = world.store;
  const index = state.wallets.length;
  const { address } = oneTimeKey(state.seed, index);
  state.wallets.push({ index, address, coin, invoiceId });
  return address;
}

/** The figures of an invoice as the original sees them at this moment. */
export interface Standing {
  readonly rows: readonly Received[];
  readonly status: string;
  readonly paid: boolean;
  readonly balanceFiat: number;
  readonly balanceCrypto: number;
  readonly overpaidFiat: number;
}

/** Value of one received transfer, through a double like everything there. */
export function coinsOf(world: World, row: Received): number {
  const coin = coinNamed(world, row.coin);
  return coin ? toDouble(row.amount, coin.decimals) : 0;
}

/** Sums what came to an invoice and finds its status word. */
function standingOf(world: World, invoice: Invoice): Standing {
  const { limits, lostUpdate, unknownStatus } = world.switches.of(invoice.externalId);
  const rows = world.store.state.received.filter((row) => row.invoiceId === invoice.id);
  const rate = Number(invoice.rate);
  const share = lostUpdate ? 0.5 : 1;
  const sum = (given: readonly Received[]): number =>
    given.reduce((total, row) => total + coinsOf(world, row), 0) * share;
  const balanceFiat = sum(rows) * rate;
  const asked = Number(invoice.amountFiat);
  const status = statusOf(rows.length, (balanceFiat / asked) * 100, limits);
  const overpaid = status === 'OVERPAID' ? balanceFiat - (asked * limits.upper) / 100 : 0;
  return {
    rows,
    status: unknownStatus ?? status,
    paid: status === 'PAID' || status === 'OVERPAID',
    balanceFiat,
    // A payment in another coin counts in fiat only (S23).
    balanceCrypto: sum(rows.filter((row) => row.coin === invoice.coin)),
    overpaidFiat: overpaid,
  };
}

function statusOf(transactions: number, percent: number, limits: SwitchValues['limits']): string {
  if (transactions === 0) return 'UNPAID';
  if (percent < limits.lower) return 'PARTIAL';
  return percent < limits.upper ? 'PAID' : 'OVERPAID';
}

/** A transaction id as this server spells it, in a callback or in a list (S15). */
export function spellTxid(txid: string, style: SwitchValues['txidStyle'], place: 'callback' | 'list'): string {
  const bare = txid.replace(/^0x/, '').toLowerCase();
  if (style === 'upper') return `0x${bare.toUpperCase()}`;
  return style === 'prefixed' || (style === 'mixed' && place === 'list') ? `0x${bare}` : bare;
}

/** One invoice of `GET /invoices/{external_id}`. */
export function listRow(world: World, invoice: Invoice): object {
  const standing = standingOf(world, invoice);
  const { txidStyle } = world.switches.of(invoice.externalId);
  return {
    external_id: invoice.externalId,
    fiat: invoice.fiat,
    amount_fiat: printAmount(Number(invoice.amountFiat)),
    balance_fiat: printAmount(standing.balanceFiat),
    status: standing.status,
    txs: standing.rows.map((row) => ({
      amount: printAmount(coinsOf(world, row)),
      crypto: row.coin,
      addr: row.address,
      txid: spellTxid(row.txid, txidStyle, 'list'),
      status: row.confirmed ? 'CONFIRMED' : 'UNCONFIRMED',
    })),
  };
}

const utc = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** The body of a confirmed callback, a snapshot at this moment. */
export function confirmedBody(world: World, invoice: Invoice, trigger: Received): Record<string, unknown> {
  const { fee, txidStyle, unknownStatus } = world.switches.of(invoice.externalId);
  const standing = standingOf(world, invoice);
  const rate = Number(invoice.rate);
  const transactions = standing.rows.map((row) => {
    const fiat = coinsOf(world, row) * rate;
    const withoutFee = fiat / (1 + fee / 100);
    return {
      txid: spellTxid(row.txid, txidStyle, 'callback'),
      date: utc(row.createdAtMs),
      amount_crypto: printAmount(coinsOf(world, row)),
      amount_fiat: printAmount(fiat),
      amount_fiat_without_fee: printAmount(withoutFee),
      fee_fiat: printAmount(fiat - withoutFee),
      trigger: row.key === trigger.key,
      crypto: row.coin,
    };
  });
  return {
    external_id: invoice.externalId,
    crypto: invoice.coin,
    addr: invoice.address,
    fiat: invoice.fiat,
    balance_fiat: printAmount(standing.balanceFiat),
    balance_crypto: printAmount(standing.balanceCrypto),
    paid: standing.paid,
    status: standing.status,
    // An unknown word comes with a changed set of keys (S30).
    ...(unknownStatus === null ? { fee_percent: printAmount(fee) } : { surprise: { nested: true } }),
    fee_fixed: '0',
    fee_policy: fee > 0 ? 'PERCENT_FEE' : 'NO_FEE',
    overpaid_fiat: standing.overpaidFiat.toFixed(2),
    transactions,
  };
}

/** The body of an unconfirmed callback. */
export function unconfirmedBody(world: World, invoice: Invoice, row: Received): Record<string, unknown> {
  const { txidStyle } = world.switches.of(invoice.externalId);
  return {
    external_id: invoice.externalId,
    crypto: row.coin,
    addr: row.address,
    txid: spellTxid(row.txid, txidStyle, 'callback'),
    amount: printAmount(coinsOf(world, row)),
    status: 'unconfirmed',
  };
}
