import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import { paymentId, time } from '../schemas/fields.ts';

const whole = z.number().int();

export const debugPayment = endpoint({
  operation: 'GET /api/payment/:id/debug',
  summary: 'Read everything that is known about a payment or a payout',
  description:
    'The raw state, the heads of its last fifty steps with their legs and effects, work that waits, the watch of the monitors and where they stand, and ' +
    'deliveries of the provider, of the newest 200, that name it but could not be used (`unreadDeliveries` of them are too long to be looked through). Each reading is in the audit trail. Secrets, signatures and raw bodies are left out.',
  params: z.strictObject({ id: paymentId }),
  answer: envelope(z.looseObject({ paymentId: z.string(), seq: whole, state: z.looseObject({}) })),
});

export const cleanupPending = endpoint({
  operation: 'POST /api/payment/payments/cleanup-pending',
  summary: 'End open payments whose deadline passed',
  description:
    'Each is looked at afresh at the provider and on the chain first, and ends as `failed` (`expired`) only when nothing was paid. Nothing is ever deleted: ' +
    '`deletedCount` has its name from older clients and counts what was ended. The server does the same by itself every second.',
  body: z.strictObject({ limit: whole.min(1).max(500).default(100).meta({ description: 'Payments to end at most' }) }),
  answer: z.strictObject({ success: z.literal(true), deletedCount: whole, message: z.string() }),
});

const networkState = z.strictObject({
  network: z.string(),
  isMonitoring: z.boolean(),
  block: whole.nullable().meta({ description: 'Everything up to this block is processed' }),
  behindBlocks: whole
    .nullable()
    .meta({ description: 'Finalized blocks beyond it; null when the chain cannot be read' }),
});

export const walletMonitorStatus = endpoint({
  operation: 'GET /api/payment/shkeeper/wallet-monitor/status',
  summary: 'Say whether the chains are being watched',
  description:
    'True when every network has been followed to within 500 blocks of its finality. Admins see watched addresses, at most a hundred payments of a network.',
  answer: envelope(
    z.strictObject({
      isMonitoring: z.boolean(),
      asOf: time,
      networks: z.array(networkState),
      wallets: z
        .array(z.strictObject({ network: z.string(), paymentId: z.string(), addresses: z.array(z.string()) }))
        .exactOptional()
        .meta({ description: 'Admins only' }),
    }),
  ),
});

export const autoWebhookStatus = endpoint({
  operation: 'GET /api/payment/shkeeper/auto-webhook/status',
  summary: 'Say whether invoices are asked for whose callbacks may be lost',
  description: '`behind` when a look is overdue by more than three intervals; `idle` when none is due.',
  answer: envelope(
    z.strictObject({
      isMonitoring: z.boolean().meta({ description: 'Not `behind`' }),
      state: z.enum(['idle', 'running', 'behind']),
      asOf: time,
      intervalSeconds: whole.meta({ description: 'Pause between two looks at an open invoice' }),
      due: whole.meta({ description: 'Looks that are due, counted up to 10,000' }),
      oldestDueSeconds: whole,
    }),
  ),
});
