import { expect } from 'chai';
import { repeating } from '../../server/deps/system.ts';
import { eventually } from '../support/eventually.ts';
import { createTestLogger } from '../support/factories.ts';

describe('repeating', () => {
  it('goes on after a turn that failed, and says so', async () => {
    const { logger, lines } = createTestLogger();
    let turns = 0;
    const task = repeating(
      'a task',
      1,
      async () => {
        turns += 1;
        if (turns === 1) throw new Error('away');
      },
      logger,
    );
    task.start();
    await eventually(() => turns >= 3, { timeoutMs: 5_000, what: 'a third turn' });
    await task.stop();
    expect(lines.map(({ level }) => level)).to.deep.equal(['warn']);
    expect(lines[0]?.fields).to.include({ name: 'a task' });
  });

  it('ends after the turn that is running, and only then', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let turns = 0;
    let stopped = false;
    const task = repeating(
      'a task',
      1,
      () => {
        turns += 1;
        return promise;
      },
      createTestLogger().logger,
    );
    task.start();
    const stopping = task.stop().then(() => {
      stopped = true;
    });
    await Promise.resolve();
    expect([turns, stopped]).to.deep.equal([1, false]);
    resolve();
    await stopping;
    expect(turns).to.equal(1);
  });
});
