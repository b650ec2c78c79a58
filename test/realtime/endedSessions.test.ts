import { mock } from 'node:test';
import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { eventually } from '../support/eventually.ts';
import { admin, knock, limitMs, listen, refusalOf, startSocketServer, tokens } from './socketWorld.ts';

const askAgainMs = 5_000;

describe('realtime: sockets of a session of our own', () => {
  const ended = new Set<string>();
  let away = false;
  const asked: string[] = [];
  const checks = {
    verify: (token: string) => ({ ...tokens.verify(token), sessionId: 's-1' }),
    demandOpenSession: async (sessionId: string) => {
      asked.push(sessionId);
      if (away) throw new AppError('busy', 'The database is away.');
      if (ended.has(sessionId)) throw new AppError('session_ended', 'Ended.');
    },
  };
  const start = () => startSocketServer({ checks });

  beforeEach(() => {
    ended.clear();
    asked.length = 0;
    away = false;
  });

  it('are refused once the session has ended, and while nobody can say so', async () => {
    const server = await start();
    ended.add('s-1');
    expect(await refusalOf(knock(server.url, { token: tokens.sign(admin, 60) }))).to.equal('not_authenticated');
    away = true;
    expect(await refusalOf(knock(server.url, { token: tokens.sign(admin, 60) }))).to.equal('not_authenticated');
    await server.close();
  });

  it('are cut within seconds of its end, and not by a database that is away', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const server = await start();
      const listener = await listen(server.url, admin);
      away = true;
      mock.timers.tick(askAgainMs);
      expect(asked).to.have.length(2);
      away = false;
      mock.timers.tick(askAgainMs);
      await new Promise(setImmediate);
      expect(listener.ended).to.deep.equal([]);
      ended.add('s-1');
      mock.timers.tick(askAgainMs);
      const why = await eventually(() => listener.ended[0] ?? null, { timeoutMs: limitMs, what: 'the end' });
      expect(why).to.match(/server disconnect|transport close/);
      const before = asked.length;
      mock.timers.tick(10 * askAgainMs);
      expect(asked).to.have.length(before);
      await server.close();
    } finally {
      mock.timers.reset();
    }
  });
});
