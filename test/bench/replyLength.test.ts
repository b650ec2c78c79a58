import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { openConnection, replyLength } from '../../bench/load/connection.ts';

const reply = (head: string, body: string) => Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`);

describe('replies that the generator reads', () => {
  it('are complete with the last byte of their body, since the next request must not overlap', () => {
    const whole = reply('Content-Length: 4', 'body');
    expect(replyLength(whole)).to.equal(whole.length);
    expect(replyLength(whole.subarray(0, -1))).to.equal(null);
    expect(replyLength(whole.subarray(0, 10))).to.equal(null);
  });

  it('end with their head when they have no body', () => {
    const empty = reply('content-length: 0', '');
    expect(replyLength(empty)).to.equal(empty.length);
  });

  it('are refused without a length, since their end could only be guessed', () => {
    expect(() => replyLength(reply('Transfer-Encoding: chunked', '0\r\n\r\n'))).to.throw('without a length');
  });
});

describe('a connection of the generator', () => {
  it('fails when the server closed it meanwhile, since a request that nobody answers would hold up the whole run', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connection = await openConnection((server.address() as AddressInfo).port);
    const request = () => connection.request(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    for (const when of ['while it closes', 'after it closed']) {
      const problem = await request().catch((error: unknown) => error);
      expect(problem, when).to.be.instanceOf(Error);
    }
    server.close();
  });
});
