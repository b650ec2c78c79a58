import { createServer } from 'node:http';
import express from 'express';
import mongoose from 'mongoose';
import { answerParent } from '../answers.ts';
import { asTheServer } from '../databaseCommands.ts';
import { listen } from '../servers/listen.ts';

/** What reads the same rows with nothing around it: a webhook that looks its row up, and a list of a buyer's first fifty. */
const schema = new mongoose.Schema(
  { _id: String, buyerId: String, externalIds: [String], status: String },
  { collection: 'payments', strict: false },
);
const connection = await mongoose
  .createConnection(process.env.MONGODB_URI ?? '', { ...asTheServer, autoIndex: false })
  .asPromise();
const Payment = connection.model('Payment', schema);
const app = express();
app.use(express.json());
app.post('/find', async (request, response) => {
  const found = await Payment.findOne({ externalIds: request.body.external_id });
  response.status(found === null ? 404 : 200).json({ success: true, id: found?.id });
});
app.get('/list/:buyerId', async (request, response) => {
  const data = await Payment.find({ buyerId: request.params.buyerId }).limit(50).lean();
  response.json({ success: true, data });
});

const http = createServer(app);
const port = await listen(http);
answerParent({ port: () => port }, async () => {
  http.closeAllConnections();
  await connection.close();
});
