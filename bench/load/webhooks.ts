import { createHmac, randomBytes } from 'node:crypto';
import { signBody } from '../../server/providers/shkeeper/signature.ts';
import { network } from '../outside.ts';
import type { Prepared } from '../population.ts';
import { secrets } from '../settings.ts';
import { requestBytes } from './requests.ts';

const path = '/api/payment/shkeeper/webhook';
const coin = network.tokens[0]?.shkeeperName ?? '';
const hash = () => `0x${randomBytes(32).toString('hex')}`;

/** What the provider tells of a payment's transaction: first that it saw it, then that it is paid. */
export function webhookBodies({ externalId, address }: Prepared): { readonly seen: Buffer; readonly paid: Buffer } {
  const txid = hash();
  const common = { external_id: externalId, crypto: coin, addr: address, fiat: 'USD' };
  const seen = { ...common, status: 'unconfirmed', txid, amount: '100' };
  const row = {
    txid,
    date: '2026-01-01 12:00:00',
    amount_crypto: '100',
    amount_fiat: '100',
    trigger: true,
    crypto: coin,
  };
  const sums = { balance_fiat: '100', balance_crypto: '100', fee_percent: '0', paid: true };
  const paid = { ...common, ...sums, status: 'PAID', overpaid_fiat: '0', transactions: [row] };
  return { seen: Buffer.from(JSON.stringify(seen)), paid: Buffer.from(JSON.stringify(paid)) };
}

/** A delivery as SHKeeper signs and sends it. */
export function signedDelivery(body: Buffer): Buffer {
  const seconds = Math.floor(Date.now() / 1000);
  const headers = {
    'user-agent': 'python-requests/2.32.3',
    'x-shkeeper-timestamp': String(seconds),
    'x-shkeeper-signature': signBody(secrets.apiKey, seconds, body),
  };
  return requestBytes({ method: 'POST', path, headers, body });
}

/** A delivery signed over its body alone, as the seed describes it. */
export function seedDelivery(body: Buffer): Buffer {
  const signature = createHmac('sha256', secrets.apiKey).update(body).digest('hex');
  return requestBytes({ method: 'POST', path, headers: { 'x-shkeeper-signature': signature }, body });
}
