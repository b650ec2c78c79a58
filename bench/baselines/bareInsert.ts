import { createServer } from 'node:http';
import express from 'express';
import mongoose from 'mongoose';
import { answerParent } from '../answers.ts';
import { asTheServer } from '../databaseCommands.ts';
import { listen } from '../servers/listen.ts';

/** What one writes in an afternoon: parse the body, insert it, answer its id. As durable as ours, and nothing else of what ours does. */
const text = { type: String, required: true };
const row = {
  txid: String,
  date: String,
  amount_crypto: String,
  amount_fiat: String,
  trigger: Boolean,
  crypto: String,
};
const schema = new mongoose.Schema(
  {
    external_id: text,
    status: text,
    crypto: text,
    addr: text,
    fiat: text,
    balance_fiat: text,
    balance_crypto: text,
    fee_percent: text,
    overpaid_fiat: text,
    paid: Boolean,
    transactions: [row],
  },
  { collection: 'bare_inserts', timestamps: true },
);

const connection = await mongoose
  .createConnection(process.env.MONGODB_URI ?? '', { ...asTheServer, autoIndex: false })
  .asPromise();
const Delivery = connection.model('Delivery', schema);
const app = express();
app.use(express.json());
app.post('/insert', async (request, response) => {
  const { _id } = await Delivery.create(request.body);
  response.status(201).json({ success: true, id: _id });
});

const http = createServer(app);
const port = await listen(http);
answerParent({ port: () => port }, async () => {
  http.closeAllConnections();
  await connection.close();
});
