import { expect } from 'chai';
import { limitConnections } from '../../server/http/connectionLimit.ts';
import { createListener } from '../../server/http/listener.ts';
import type { Logger } from '../../server/ports.ts';
import { dial, exchange, listening, readAll } from './rawConnection.ts';

const ask = 'GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';

describe('connections beyond the limit', () => {
  const http = createListener();
  const said: object[] = [];
  const silent = () => undefined;
  const logger: Logger = { debug: silent, info: silent, error: silent, warn: (fields) => void said.push(fields) };
  let nowMs = 0;
  let port = 0;

  before(async () => {
    limitConnections(http, { max: 2, logger, now: () => nowMs });
    http.on('request', (_request, response) => response.end('fine'));
    port = await listening(http);
  });
  after(() => {
    http.closeAllConnections();
    http.close();
  });

  it('are closed unanswered and counted in one line a minute, and those within it are answered', async () => {
    const held = [await dial(port), await dial(port)];
    const refused = async () => expect(await readAll(await dial(port))).to.equal('');
    for (let n = 0; n < 3; n += 1) await refused();
    expect(said).to.deep.equal([{ dropped: 1, max: 2 }]);
    nowMs = 59_999;
    await refused();
    expect(said).to.have.length(1);
    nowMs = 60_000;
    await refused();
    expect(said).to.deep.equal([
      { dropped: 1, max: 2 },
      { dropped: 4, max: 2 },
    ]);
    for (const socket of held) {
      const answer = readAll(socket);
      socket.write(ask);
      expect(await answer).to.match(/^HTTP\/1\.1 200 OK/);
    }
    expect((await exchange(port, ask)).map(({ status }) => status)).to.deep.equal([200]);
  });
});
