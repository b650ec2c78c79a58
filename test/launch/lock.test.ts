import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { withLock } from '../../scripts/launch/lock.mjs';

describe('the lock between launchers', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one work at a time', async () => {
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
    };
    const lock = path.join(folder, 'a.lock');
    await Promise.all([withLock(lock, work('one')), withLock(lock, work('two'))]);
    expect(events).to.deep.equal(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it('takes over from an owner that is no longer there', async () => {
    const lock = path.join(folder, 'b.lock');
    mkdirSync(lock);
    // no system gives out this number: Linux ends at 2^22, others earlier
    writeFileSync(path.join(lock, 'pid'), String(2 ** 22 + 1));
    expect(await withLock(lock, async () => 'done')).to.equal('done');
  });

  it('is given back when the work throws', async () => {
    const lock = path.join(folder, 'c.lock');
    const failed = await withLock(lock, () => Promise.reject(new Error('no'))).catch((error: Error) => error.message);
    expect(failed).to.equal('no');
    expect(await withLock(lock, async () => 'done')).to.equal('done');
  });
});
