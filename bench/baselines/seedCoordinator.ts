import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import mongoose from 'mongoose';
import { Server } from 'socket.io';
import { answerParent } from '../answers.ts';
import { asTheServer } from '../databaseCommands.ts';
import { listen } from '../servers/listen.ts';
import { secrets } from '../settings.ts';

/**
 * What the common description of such a backend says, written down faithfully: the webhook checks the signature, reads the payment, looks
 * whether it is final, changes it, calls `save()` and tells everybody. No claim, no version, no ledger, no record of the delivery.
 */
const schema = new mongoose.Schema(
  {
    externalId: { type: String, required: true, index: true },
    provider: { type: String, default: 'shkeeper' },
    direction: { type: String, default: 'in' },
    status: { type: String, default: 'pending' },
    escrowState: { type: String, default: 'unfunded' },
    transactionHash: String,
    amount: { amount: Number, currency: String },
    metadata: mongoose.Schema.Types.Mixed,
  },
  { collection: 'seed_payments', timestamps: true },
);
const final = ['completed', 'released', 'refunded', 'cancelled'];

const connection = await mongoose.createConnection(process.env.MONGODB_URI ?? '', asTheServer).asPromise();
const Payment = connection.model('SeedPayment', schema);
await Payment.init();
const app = express();
const http = createServer(app);
const io = new Server(http, { serveClient: false });
/** How often each payment was announced as what. */
const announced = new Map<string, number>();

function isSigned(rawBody: Buffer, given: string | undefined): boolean {
  const expected = createHmac('sha256', secrets.apiKey).update(rawBody).digest('hex');
  return given?.length === expected.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

async function updatePayment(externalId: string, status: string, transactionHash: string, event: unknown) {
  const payment = await Payment.findOne({ externalId });
  if (payment === null) return null;
  if (final.includes(payment.status) || payment.status === status) return payment;
  payment.status = status;
  payment.transactionHash = transactionHash;
  payment.metadata = { ...payment.metadata, webhook: event };
  if (status === 'completed') payment.escrowState = 'funded';
  await payment.save();
  const news = `${externalId} ${status}`;
  announced.set(news, (announced.get(news) ?? 0) + 1);
  io.emit('purchase-request-update', { type: `payment_${status}`, paymentId: payment.id, status });
  return payment;
}

app.post('/api/payment/shkeeper/webhook', express.raw({ type: '*/*' }), async (request, response) => {
  if (!isSigned(request.body, request.get('x-shkeeper-signature'))) {
    response.status(401).json({ success: false });
    return;
  }
  const event = JSON.parse(request.body.toString());
  const status = ['PAID', 'OVERPAID'].includes(event.status) ? 'completed' : 'processing';
  const found = await updatePayment(event.external_id, status, event.txid ?? event.transactions?.[0]?.txid, event);
  response.status(found === null ? 404 : 200).json({ success: found !== null });
});

const port = await listen(http);
answerParent({ port: () => port, announced: () => [...announced] }, async () => {
  await io.close();
  await connection.close();
});
