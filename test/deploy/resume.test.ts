import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Transaction } from 'ethers';
import { FACTORY, FACTORY_COST, FACTORY_SIGNER } from '../../scripts/deploy/factory.ts';
import {
  deployerKey,
  entryOf,
  freshParameters,
  type GateRules,
  openDesk,
  type Passing,
  refusalOf,
  startChain,
  startGate,
  type TestChain,
  type Verdict,
} from './deployWorld.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/deploy.ts', import.meta.url));

/** Which of the three transactions a request sends, if any. */
function sends({ method, params }: Passing): 'funds' | 'factory' | 'escrow' | null {
  if (method !== 'eth_sendRawTransaction') return null;
  const { to } = Transaction.from(String(params[0]));
  if (to === null) return 'factory';
  return to === FACTORY ? 'escrow' : to === FACTORY_SIGNER ? 'funds' : null;
}

/** A run that loses its node says so, and is no refusal: running again is the answer. */
async function cutOff(run: Promise<unknown>): Promise<void> {
  const words = await run.then(
    () => 'it ran to its end',
    (error: unknown) => String(error),
  );
  expect(words).to.match(/^Error: .* does not answer/);
}

describe('a deployment that was cut off', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-resume-'));
  let chain: TestChain;
  let gate: Awaited<ReturnType<typeof startGate>>;
  const open: GateRules = { judge: () => 'pass', breaks: () => {} };
  const rules = { ...open };
  before(async () => {
    chain = await startChain(directory, 71_004, '--no-create2');
    gate = await startGate(chain, rules);
  });
  afterEach(() => Object.assign(rules, open));
  after(async () => {
    await gate?.stop();
    await chain?.stop();
    rmSync(directory, { recursive: true });
  });
  const openHere = () => openDesk(directory, [entryOf('here', { chainId: chain.chainId, url: gate.url })]);

  const breakAt = (what: string, verdict: Verdict) => (passing: Passing) =>
    sends(passing) === what ? verdict : 'pass';

  /** Runs the script as its own process and kills it outright at a transaction, before or after the chain has it. */
  async function killAt(desk: ReturnType<typeof openHere>, parameters: object, what: string, verdict: Verdict) {
    const file = path.join(desk.folder, 'parameters.json');
    writeFileSync(file, JSON.stringify(parameters));
    const options = ['--network', 'here', '--parameters', file];
    const places = ['--networks-file', desk.networksFile, '--journals', desk.journals];
    const child = spawn(process.execPath, [...process.execArgv, SCRIPT, ...options, ...places], {
      env: { ...process.env, DEPLOYER_KEY: deployerKey },
      stdio: 'ignore',
    });
    Object.assign(rules, { judge: breakAt(what, verdict), breaks: () => child.kill('SIGKILL') });
    const ended = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? String(code)));
    });
    Object.assign(rules, open);
    expect(ended).to.equal('SIGKILL');
  }

  it('by kill -9 between its steps goes on, and sends each transaction once', async () => {
    const desk = openHere();
    const parameters = freshParameters();
    const text = desk.text();
    await killAt(desk, parameters, 'funds', 'breakBefore');
    expect(await chain.sent()).to.equal(0);
    await killAt(desk, parameters, 'factory', 'breakBefore');
    expect(await chain.sent()).to.equal(1);
    await killAt(desk, parameters, 'escrow', 'breakAfter');
    expect(await chain.sent()).to.equal(2);
    expect(desk.text()).to.equal(text);

    expect(await desk.run('here', parameters)).to.include({ did: 'already there', enabled: true });
    expect(await chain.sent()).to.equal(2);
    // Funded once: what is left is less than its price.
    expect(BigInt(String(await chain.ask('eth_getBalance', FACTORY_SIGNER, 'latest'))) < FACTORY_COST).to.equal(true);
  });

  it('before the chain had what was signed, sends the very same transaction', async () => {
    const desk = openHere();
    const parameters = freshParameters();
    const sent = await chain.sent();
    const raws: unknown[] = [];
    rules.judge = (passing) => {
      if (sends(passing) !== 'escrow') return 'pass';
      raws.push(passing.params[0]);
      return raws.length === 1 ? 'breakBefore' : 'pass';
    };
    await cutOff(desk.run('here', parameters));
    expect(await chain.sent()).to.equal(sent);

    expect(await desk.run('here', parameters)).to.include({ did: 'deployed', enabled: true });
    expect(raws).to.have.length(2);
    expect(raws[1]).to.equal(raws[0]);
    expect(await chain.sent()).to.equal(sent + 1);
  });

  it('before anything was signed, begins the step again', async () => {
    const desk = openHere();
    const parameters = freshParameters();
    const sent = await chain.sent();
    rules.judge = breakAt('escrow', 'breakBefore');
    await cutOff(desk.run('here', parameters));
    for (const file of readdirSync(desk.journals, { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('signed.jsonl')) rmSync(path.join(desk.journals, file));
    }
    Object.assign(rules, open);
    expect(await desk.run('here', parameters)).to.include({ did: 'deployed', enabled: true });
    expect(await chain.sent()).to.equal(sent + 1);
  });

  it('with its transaction mined unnoticed, finds the escrow there', async () => {
    const desk = openHere();
    const parameters = freshParameters();
    const sent = await chain.sent();
    rules.judge = breakAt('escrow', 'breakAfter');
    await cutOff(desk.run('here', parameters));
    Object.assign(rules, open);
    expect(await desk.run('here', parameters)).to.include({ did: 'already there', enabled: true });
    expect(await chain.sent()).to.equal(sent + 1);
  });

  it('by two runs at once, deploys once', async () => {
    const desk = openHere();
    const parameters = freshParameters();
    const sent = await chain.sent();
    const outcomes = await Promise.all([desk.run('here', parameters), desk.run('here', parameters)]);
    for (const outcome of outcomes) expect(outcome.address).to.equal(desk.entries()[0]?.escrow);
    expect(await chain.sent()).to.equal(sent + 1);
  });

  it('is refused when the chain forgot what the journal remembers', async () => {
    const desk = openHere();
    const parameters = freshParameters();
    const before = await chain.ask('evm_snapshot');
    await desk.run('here', parameters);
    await chain.ask('evm_revert', before);
    desk.write([entryOf('here', { chainId: chain.chainId, url: gate.url })]);
    const text = desk.text();
    expect(await refusalOf(desk.run('here', parameters)))
      .to.include('has no code')
      .and.to.include(desk.journals);
    expect(desk.text()).to.equal(text);
  });
});
