import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { processIdentity } from '../../scripts/services/identity.ts';
import { recordedProcesses, recordProcess, runningProcess, stopOrphan } from '../../scripts/services/pidFile.ts';

const IDLE = 'setInterval(() => {}, 60_000)';

describe('the record of what a start began', () => {
  let folder = '';
  let child: ChildProcess;
  let pid = 0;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-pid-'));
    child = spawn(process.execPath, ['-e', IDLE], { stdio: 'ignore' });
    await once(child, 'spawn');
    pid = child.pid ?? 0;
  });
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true });
  });

  it('finds a process that still runs and stops it', async () => {
    recordProcess(folder, 'part', pid);
    expect(runningProcess(folder, 'part')).to.equal(pid);
    const ended = once(child, 'exit');
    expect(await stopOrphan(folder, 'part')).to.equal(true);
    expect((await ended)[1]).to.equal('SIGTERM');
    expect(recordedProcesses(folder)).to.deep.equal([]);
  });

  it('leaves a process alone that only has the number of the recorded one', async () => {
    recordProcess(folder, 'part', pid);
    const file = path.join(folder, 'part.pid');
    const record = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...record, identity: 'another boot or another start' }));
    expect(await stopOrphan(folder, 'part')).to.equal(false);
    expect(processIdentity(pid)).to.equal(record.identity);
    expect(recordedProcesses(folder)).to.deep.equal([]);
  });

  it('takes a half-written record for none', () => {
    writeFileSync(path.join(folder, 'part.pid'), '{"pid":');
    expect(runningProcess(folder, 'part')).to.equal(undefined);
  });
});
