import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { getCreateAddress, Transaction, toBeHex, Wallet } from 'ethers';
import { buildEscrow } from '../../scripts/deploy/escrowBuild.ts';
import {
  FACTORY,
  FACTORY_CODE,
  FACTORY_COST,
  FACTORY_SIGNER,
  FACTORY_TRANSACTION,
} from '../../scripts/deploy/factory.ts';
import {
  entryOf,
  freshAddress,
  freshParameters,
  openDesk,
  parametersOf,
  refusalOf,
  startChain,
  type TestChain,
  tokenAddress,
} from './deployWorld.ts';

describe('deploying the escrow', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-deploy-'));
  let alpha: TestChain;
  let beta: TestChain;
  before(async () => {
    // The one lacks the deterministic deployer, the other has it.
    [alpha, beta] = await Promise.all([startChain(directory, 71_001, '--no-create2'), startChain(directory, 71_002)]);
  });
  after(async () => {
    await Promise.all([alpha?.stop(), beta?.stop()]);
    rmSync(directory, { recursive: true });
  });
  const addressOf = (parameters: object) => buildEscrow(parametersOf(parameters)).address;
  const bothAtHome = () => openDesk(directory, [entryOf('alpha', alpha), entryOf('beta', beta)]);

  it('gives one address on two chains, with and without the deterministic deployer', async () => {
    const desk = bothAtHome();
    const parameters = freshParameters();
    expect(await alpha.codeAt(FACTORY)).to.equal('0x');

    const first = await desk.run('alpha', parameters);
    expect(first).to.include({ address: addressOf(parameters), did: 'deployed', enabled: true });
    expect(desk.entries()).to.deep.equal([entryOf('alpha', alpha, { escrow: first.address }), entryOf('beta', beta)]);

    const second = await desk.run('beta', parameters);
    expect(second).to.include({ address: first.address, did: 'deployed', enabled: true });
    expect(second.said).to.include('compared with alpha');
    expect(desk.entries()).to.deep.equal([
      entryOf('alpha', alpha, { escrow: first.address }),
      entryOf('beta', beta, { escrow: first.address }),
    ]);
    expect(await alpha.codeAt(FACTORY)).to.equal(FACTORY_CODE);
  });

  it('carries a transaction of the deterministic deployer that nobody holds a key for', () => {
    const transaction = Transaction.from(FACTORY_TRANSACTION);
    expect(transaction.from).to.equal(FACTORY_SIGNER);
    expect(getCreateAddress({ from: FACTORY_SIGNER, nonce: 0 })).to.equal(FACTORY);
    expect(transaction.gasLimit * (transaction.gasPrice ?? 0n)).to.equal(FACTORY_COST);
    expect(transaction.chainId).to.equal(0n);
  });

  it('sends nothing a second time, and enables what is already there after a loss of journal and file', async () => {
    const parameters = freshParameters();
    const desk = openDesk(directory, [entryOf('beta', beta)]);
    await desk.run('beta', parameters);
    const sent = await beta.sent();
    const text = desk.text();

    expect(await desk.run('beta', parameters)).to.include({ did: 'already there', enabled: false });
    expect(desk.text()).to.equal(text);

    const other = openDesk(directory, [entryOf('beta', beta)]);
    // Nothing has to be paid, so no key has to be at hand.
    const found = await other.run('beta', parameters, { deployerKey: undefined });
    expect(found).to.include({ did: 'already there', enabled: true, address: addressOf(parameters) });
    expect(await beta.sent()).to.equal(sent);
  });

  it('says what it would do on a dry run, without a key, and does none of it', async () => {
    const desk = openDesk(directory, [entryOf('beta', beta)]);
    const parameters = freshParameters();
    const text = desk.text();
    const { said, ...outcome } = await desk.run('beta', parameters, { dryRun: true, deployerKey: undefined });
    expect(outcome).to.deep.equal({ address: addressOf(parameters), did: 'dry run', enabled: false });
    expect(said).to.include(`escrow ${outcome.address}`);
    expect(said.at(-1)).to.match(
      /^dry run: would deploy for about 0\.\d+ from an account \(DEPLOYER_KEY is not set\)$/,
    );
    expect(await beta.codeAt(outcome.address)).to.equal('0x');
    expect(desk.text()).to.equal(text);
  });

  describe('refuses, sends nothing and leaves the networks file alone', () => {
    async function refused(chain: TestChain, entries: readonly object[], parameters: object, overrides = {}) {
      const desk = openDesk(directory, entries);
      const [sent, text] = [await chain.sent(), desk.text()];
      const screen = await refusalOf(desk.run('here', parameters, overrides));
      expect(await chain.sent()).to.equal(sent);
      expect(desk.text()).to.equal(text);
      return screen;
    }

    it('a node on another chain, even as the second of the list', async () => {
      const entry = entryOf('here', beta, { rpcUrls: [beta.url, alpha.url] });
      const screen = await refused(alpha, [entry], freshParameters());
      expect(screen)
        .to.include('network here is chain 71002')
        .and.to.match(/127\.0\.0\.1:\d+ answers for chain 71001/);
    });

    it('a network whose nodes are all silent, without printing what follows the host', async () => {
      const entry = entryOf('here', beta, { rpcUrls: ['http://127.0.0.1:9/secret-api-key'] });
      const screen = await refused(beta, [entry], freshParameters());
      expect(screen).to.include('no node of network here answers').and.to.include('127.0.0.1:9');
      expect(screen).not.to.include('secret-api-key');
    });

    it('A21: other signers than the reference chain has', async () => {
      const parameters = freshParameters();
      const desk = openDesk(directory, [entryOf('alpha', alpha)]);
      const { address } = await desk.run('alpha', parameters);
      const entries = [...desk.entries(), entryOf('here', beta)];
      const [, ...others] = parametersOf(parameters).signers;
      const signer = freshAddress();
      const screen = await refused(beta, entries, { ...parameters, signers: [signer, ...others] });
      expect(screen).to.include('another escrow than that of alpha').and.to.include(`${address} on alpha`);
      expect(screen).to.include(`signer 0: ${signer.toLowerCase()} here`).and.not.to.include('signer 1');
    });

    it('A21: a guardian that is a contract on the reference chain only; an account that delegates is none', async () => {
      const parameters = parametersOf(freshParameters());
      const desk = openDesk(directory, [entryOf('alpha', alpha)]);
      const json = { ...parameters, disputeTimeoutSeconds: undefined, disputeTimeoutDays: 45 };
      const { disputeTimeoutSeconds: _seconds, ...operators } = json;
      await desk.run('alpha', operators);
      await alpha.ask('anvil_setCode', parameters.guardian, '0x00');
      const entries = [...desk.entries(), entryOf('here', beta)];
      expect(await refused(beta, entries, operators)).to.include(
        `guardian ${parameters.guardian.toLowerCase()} has code on alpha, none here`,
      );
      await alpha.ask('anvil_setCode', parameters.guardian, `0xef0100${'22'.repeat(20)}`);
      expect(await openDesk(directory, entries).run('here', operators)).to.include({ did: 'deployed', enabled: true });
    });

    it('a reference that is not there', async () => {
      const screen = await refused(beta, [entryOf('here', beta)], freshParameters(), { reference: 'gamma' });
      expect(screen).to.include('the reference network gamma is not in the networks file');
      const hollow = entryOf('alpha', alpha, { escrow: freshAddress() });
      expect(await refused(beta, [hollow, entryOf('here', beta)], freshParameters())).to.include(
        'the reference network alpha has no contract',
      );
    });

    it('an entry that names another escrow', async () => {
      const escrow = freshAddress();
      const screen = await refused(beta, [entryOf('here', beta, { escrow })], freshParameters());
      expect(screen).to.include('network here has another escrow already').and.to.include(escrow);
    });

    it('an entry the server would not take, and a name that is not there', async () => {
      const screen = await refused(beta, [entryOf('here', beta, { tokens: [] })], freshParameters());
      expect(screen).to.include('the entry here would stop the server');
      const absent = await refused(beta, [entryOf('elsewhere', beta)], freshParameters());
      expect(absent).to.include('names here nowhere').and.to.include('it has: elsewhere');
    });

    it('a deployer who cannot pay, and one without a key', async () => {
      const poor = Wallet.createRandom();
      const screen = await refused(beta, [entryOf('here', beta)], freshParameters(), { deployerKey: poor.privateKey });
      expect(screen).to.include('the deployer cannot pay').and.to.include(`${poor.address} has 0.0`);
      const none = await refused(beta, [entryOf('here', beta)], freshParameters(), { deployerKey: undefined });
      expect(none).to.include('DEPLOYER_KEY is not set');
      const broken = await refused(beta, [entryOf('here', beta)], freshParameters(), { deployerKey: '0xabc123' });
      expect(broken).to.include('DEPLOYER_KEY is no private key').and.not.to.include('abc123');
    });

    for (const [hardfork, missing] of [
      ['paris', 'PUSH0, MCOPY, TSTORE'],
      ['shanghai', 'MCOPY, TSTORE'],
    ] as const) {
      it(`A21: a chain at ${hardfork}, for want of ${missing}`, async () => {
        const old = await startChain(directory, 71_003, '--hardfork', hardfork);
        try {
          const screen = await refused(old, [entryOf('here', old)], freshParameters());
          expect(screen).to.match(new RegExp(`opcodes missing at 127\\.0\\.0\\.1:\\d+: ${missing}$`));
        } finally {
          await old.stop();
        }
      });
    }
  });

  describe('deploys and does not enable', () => {
    /** Finds the configuration slot by what it holds, threshold and active signers lowest, and writes another threshold into it. */
    async function setThreshold(chain: TestChain, escrow: string, from: number, to: number): Promise<void> {
      for (let slot = 0; slot < 16; slot += 1) {
        const word = BigInt(String(await chain.ask('eth_getStorageAt', escrow, toBeHex(slot), 'latest')));
        if ((word & 0xffffn) !== BigInt(0x0700 + from)) continue;
        await chain.ask('anvil_setStorageAt', escrow, toBeHex(slot, 32), toBeHex(word - BigInt(from - to), 32));
        return;
      }
      throw new Error('no slot looks like the configuration');
    }

    it('A21: where the seats changed on the reference chain, until they have changed here as well', async () => {
      const desk = bothAtHome();
      const parameters = freshParameters();
      const { address } = await desk.run('alpha', parameters);
      await setThreshold(alpha, address, 2, 3);
      const text = desk.text();
      const screen = await refusalOf(desk.run('beta', parameters));
      expect(screen).to.include('the escrow is there, and not enabled').and.to.include('threshold: 2 here, 3 on alpha');
      expect(desk.text()).to.equal(text);
      expect(await beta.codeAt(address)).not.to.equal('0x');

      await setThreshold(beta, address, 2, 3);
      const outcome = await desk.run('beta', parameters);
      expect(outcome).to.include({ did: 'already there', enabled: true });
      expect(outcome.said).to.include('rotated since: threshold: 3 here, 2 in the parameters');
    });

    it('what would stop the server: a token with other decimals', async () => {
      const tokens = [{ symbol: 'USDT', address: tokenAddress, decimals: 6, shkeeperName: 'BNB-USDT' }];
      const desk = openDesk(directory, [entryOf('beta', beta, { tokens })]);
      const text = desk.text();
      const screen = await refusalOf(desk.run('beta', freshParameters()));
      expect(screen).to.include('the server would not start with it').and.to.include('18 decimals, not 6');
      expect(desk.text()).to.equal(text);
    });
  });
});
