import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { startAnvil } from '../../scripts/services/anvil.ts';
import { freePort } from '../../scripts/services/freePort.ts';
import type { Service } from '../../scripts/services/mongod.ts';
import { rpc } from '../../scripts/services/rpc.ts';
import { eventually } from '../support/eventually.ts';

const ACCOUNT = '0x00000000000000000000000000000000000000aa';

describe('startAnvil', () => {
  let directory = '';
  let stateFile = '';
  const running: Service[] = [];
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'holdfast-anvil-'));
    stateFile = path.join(directory, 'state.json');
  });
  afterEach(async () => {
    for (const anvil of running.splice(0)) await anvil.stop();
    rmSync(directory, { recursive: true });
  });
  const start = async () => {
    const anvil = await startAnvil({ directory, port: await freePort(), stateFile });
    running.push(anvil);
    return anvil;
  };
  const balance = (anvil: Service) => rpc(anvil.url, 'eth_getBalance', [ACCOUNT, 'latest']);

  it('keeps the chain over a stop and a start', async () => {
    const first = await start();
    await rpc(first.url, 'anvil_setBalance', [ACCOUNT, '0x7']);
    await first.stop();
    expect(await balance(await start())).to.equal('0x7');
  });

  it('goes on from its last whole copy when a kill left half a state file', async () => {
    const first = await start();
    await rpc(first.url, 'anvil_setBalance', [ACCOUNT, '0x7']);
    const copy = `${stateFile}.copy`;
    const copied = () => existsSync(copy) && readFileSync(copy, 'utf8').includes(ACCOUNT);
    await eventually(copied, { timeoutMs: 10_000, what: 'a copy holds the account' });
    await first.program.kill('SIGKILL');
    writeFileSync(stateFile, '{"block":{"number":');
    expect(await balance(await start())).to.equal('0x7');
  });
});
