import { createHash } from 'node:crypto';
import type { PaymentDocument } from '../schemas/paymentDocument.ts';

const style = `
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1b1f23;background:#fff}
h1{font-size:1.3rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.5rem 1.25rem}
dt{color:#57606a}dd{margin:0;overflow-wrap:anywhere}code{font-family:ui-monospace,monospace}
.state{padding:.6rem 1rem;border-radius:.4rem;background:#eef2f6}.good{background:#dff5e3}.bad{background:#fbe4e4}
@media(prefers-color-scheme:dark){body{color:#e6e9ec;background:#14171a}dt{color:#9aa4ae}.state{background:#23282d}
.good{background:#16351f}.bad{background:#3d1d1d}}
`;

/** Nothing may be loaded or run on the page, and nobody may frame it; its one style sheet is allowed by its hash. */
export const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Seconds between two looks while something may still change. */
const refreshSeconds = 5;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

interface Word {
  readonly text: string;
  readonly tone: '' | 'good' | 'bad';
}
const words: Readonly<Record<PaymentDocument['status'], Word>> = {
  pending: { text: 'Waiting for your payment', tone: '' },
  processing: { text: 'Payment seen, waiting for confirmations', tone: '' },
  completed: { text: 'Paid. The money is held in escrow', tone: 'good' },
  failed: { text: 'This payment has expired. Do not pay any more', tone: 'bad' },
  cancelled: { text: 'This payment was cancelled. Do not pay any more', tone: 'bad' },
  released: { text: 'Paid, and released to the seller', tone: 'good' },
  refunded: { text: 'The money was returned', tone: 'good' },
};

function wordOf(payment: PaymentDocument): Word {
  if (payment.exception === 'underpaid' && payment.status === 'processing') {
    return {
      text: `Received ${payment.receivedAmount} of ${payment.payTo.amount} ${payment.token}; please send the rest`,
      tone: '',
    };
  }
  return words[payment.status];
}

function rows(payment: PaymentDocument, open: boolean): [string, string][] {
  const { payTo } = payment;
  const address = payTo.address === null ? 'being prepared…' : `<code>${escapeHtml(payTo.address)}</code>`;
  const received: [string, string][] =
    payment.transactions.length > 0 ? [['Received', escapeHtml(payment.receivedAmount)]] : [];
  // An address that must not be paid to any more is not shown.
  const where: [string, string][] = open
    ? [
        ['Address', address],
        ['Pay before', escapeHtml(payment.expiresAt)],
      ]
    : [];
  return [
    ['Amount', `<code>${escapeHtml(payTo.amount)}</code> ${escapeHtml(payTo.token)}`],
    ...received,
    ['Network', `${escapeHtml(payTo.network)} (chain ${payTo.chainId})`],
    ['Token', `<code>${escapeHtml(payTo.tokenAddress)}</code>`],
    ...where,
  ];
}

/** Renders what a buyer needs to pay and how far it is; no names, no scripts. It reloads itself while it may still change. */
export function renderPayPage(payment: PaymentDocument, nowMs: number): string {
  const unpaid = payment.status === 'pending' || payment.status === 'processing';
  const open = unpaid && nowMs < Date.parse(payment.expiresAt);
  const { text, tone } = wordOf(payment);
  const refresh = unpaid ? `<meta http-equiv="refresh" content="${refreshSeconds}">` : '';
  const list = rows(payment, open).map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`);
  return documentOf(
    `Pay ${escapeHtml(payment.payTo.amount)} ${escapeHtml(payment.token)}`,
    `<p class="state ${tone}" role="status" data-status="${payment.status}">${escapeHtml(text)}</p>
<dl>${list.join('\n')}</dl>`,
    refresh,
  );
}

/** What a buyer with a wrong or cut link reads. */
export function renderNoPayment(): string {
  const advice = 'Check that the link is complete, or ask the shop for it again. Pay nothing until then.';
  return documentOf('There is no such payment', `<p class="state bad" role="status">${advice}</p>`);
}

/** Title and body are HTML already. */
function documentOf(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">${head}<title>${title}</title>
<style>${style}</style></head><body>
<h1>${title}</h1>
${body}
</body></html>
`;
}
