import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { z } from 'zod';
import { answerParent } from '../answers.ts';
import { listen } from '../servers/listen.ts';

/** Socket.IO as its first page shows it: everybody in one room, and an event for all of them. */
const http = createServer();
const io = new Server(http, { serveClient: false });
io.on('connection', (socket) => socket.join('everybody'));

/** As many bytes as ours tells everybody. */
const news = { type: 'payment_completed', paymentId: 'a'.repeat(24) };

function tell(input: unknown): void {
  const { times } = z.object({ times: z.int() }).parse(input);
  for (let n = 0; n < times; n += 1) {
    io.to('everybody').emit('purchase-request-update', { eventId: `${'a'.repeat(24)}:000004-${n}`, ...news });
  }
}

const port = await listen(http);
answerParent({ port: () => port, tell }, () => io.close());
