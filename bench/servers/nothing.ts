import { createServer } from 'node:net';
import { answerParent } from '../answers.ts';

/** Answers whatever arrives at once and reads nothing of it: all that is measured against it is the generator. */
const reply = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(reply));
  socket.on('error', () => socket.destroy());
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('the server has no port');
const { port } = address;
answerParent({ port: () => port }, () => server.close());
