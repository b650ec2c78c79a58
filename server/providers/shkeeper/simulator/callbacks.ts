import type { Deliveries } from './deliveries.ts';
import { confirmedBody, spellTxid, unconfirmedBody } from './invoices.ts';
import { printPayoutAmount } from './numbers.ts';
import type { Invoice, Payout, Received } from './state.ts';
import type { World } from './world.ts';

/** `MAX_RETRIES` of payout callbacks; looked at on ticks only, so one try a tick. */
const payoutTriesMax = 7;

/** Sends what is due: invoice callbacks until acknowledged, payout callbacks up to seven times. */
export interface Callbacks {
  /** The first delivery of a transfer, at once; the caller waits for it, as the original's scanner does. */
  announce(row: Received): Promise<void>;
  /** Everything unacknowledged that an earlier tick saw, one by one. */
  redeliver(): Promise<void>;
  payouts(): Promise<void>;
  unrelated(): Promise<void>;
}

/** Builds the callback jobs. */
export function createCallbacks(world: World, deliveries: Deliveries): Callbacks {
  const { state } = world.store;
  const invoiceOf = (row: Received): Invoice | undefined =>
    state.invoices.find((invoice) => invoice.id === row.invoiceId);

  const deliverRow = async (row: Received): Promise<void> => {
    const invoice = invoiceOf(row);
    if (!invoice || world.switches.of(invoice.externalId).noCallback) return;
    const { externalId, callbackUrl: url } = invoice;
    const body = row.confirmed ? confirmedBody(world, invoice, row) : unconfirmedBody(world, invoice, row);
    const acknowledged = await deliveries.deliver({
      kind: row.confirmed ? 'invoice' : 'unconfirmed',
      externalId,
      url,
      body,
    });
    if (row.confirmed && acknowledged) row.acknowledged = true;
  };

  const deliverPayout = async (payout: Payout): Promise<void> => {
    payout.tries += 1;
    const body = payoutBody(world, payout);
    const { externalId, callbackUrl: url } = payout;
    const acknowledged = await deliveries.deliver({ kind: 'payout', externalId, url: url ?? '', body });
    if (acknowledged || payout.tries >= payoutTriesMax) payout.callback = 'ended';
  };

  return {
    announce: deliverRow,
    async redeliver() {
      // The unconfirmed shape is dropped, acknowledged or not, once the transaction confirms.
      for (const row of state.received) row.confirmed ||= row.tick < state.tick;
      const due = state.received.filter((row) => {
        const { redeliver, notificationDelay } = world.switches.of(invoiceOf(row)?.externalId ?? null);
        return !row.acknowledged && redeliver && state.tick - row.tick >= notificationDelay;
      });
      const reorder = world.switches.of(null).reorder;
      for (const row of reorder ? due.reverse() : due) await deliverRow(row);
    },
    async payouts() {
      for (const payout of state.payouts.filter((one) => one.callback === 'due')) await deliverPayout(payout);
    },
    async unrelated() {
      const { unrelatedCallback } = world.switches.of(null);
      const last = state.invoices.at(-1);
      if (unrelatedCallback === 0 || !last) return;
      world.switches.set({ unrelatedCallback: null }, null);
      for (let n = 0; n < unrelatedCallback; n += 1) {
        const externalId = `nobody-${state.tick}-${n}`;
        const body = { external_id: externalId, crypto: last.coin, addr: last.address, fiat: last.fiat };
        const outgoing = {
          ...body,
          status: 'OUTGOING',
          paid: false,
          balance_fiat: '0',
          balance_crypto: '0',
          transactions: [],
        };
        await deliveries.deliver({ kind: 'unrelated', externalId, url: last.callbackUrl, body: outgoing });
      }
    },
  };
}

/** The body of a payout callback; the timestamp is the payout's creation. */
function payoutBody(world: World, payout: Payout): Record<string, unknown> {
  const amount = printPayoutAmount(Number(payout.amount));
  const { txidStyle } = world.switches.of(payout.externalId);
  return {
    payout_id: payout.id,
    external_id: payout.externalId,
    tx_hash: payout.txid === null ? null : spellTxid(payout.txid, txidStyle, 'callback'),
    status: 'SUCCESS',
    amount,
    crypto: payout.coin,
    amount_fiat: amount,
    currency_fiat: 'USD',
    timestamp: new Date(payout.createdAtMs).toISOString().slice(0, 19),
  };
}
