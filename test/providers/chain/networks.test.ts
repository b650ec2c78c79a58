import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectChain } from '../../../server/providers/chain/connectChain.ts';
import { loadNetworks, parseNetworks } from '../../../server/providers/chain/networks.ts';
import { type ChainWorld, networkOf, openChainWorld, systemClock } from './chainWorld.ts';

describe('chain: networks', () => {
  let world: ChainWorld;
  before(async () => {
    world = await openChainWorld();
  });
  after(() => world.close());

  const entry = () => networkOf(world.deployment, [world.url]);
  const problemOf = (networks: unknown): string => {
    try {
      parseNetworks({ networks });
    } catch (error) {
      expect(error).to.have.property('code', 'not_ready');
      return (error as Error).message;
    }
    throw new Error('accepted');
  };

  it('reads a networks file and lowers its addresses', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-networks-'));
    try {
      const file = join(folder, 'networks.json');
      writeFileSync(file, JSON.stringify({ networks: [entry()] }));
      const [network] = loadNetworks(file);
      expect(network?.escrow).to.equal(world.deployment.escrow.toLowerCase());
      expect(network?.tokens[0]?.address).to.equal(world.deployment.token.toLowerCase());
      writeFileSync(file, '{');
      expect(() => loadNetworks(file)).to.throw(/cannot be read/);
      expect(() => loadNetworks(join(folder, 'none.json'))).to.throw(/cannot be read/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('names every problem of a file at once', () => {
    const { escrow, hotWalletAddress } = world.deployment;
    const wrongCase = escrow.replace(/[a-f]/, (letter) => letter.toUpperCase());
    expect(problemOf([{ ...entry(), chainId: -1, escrow: wrongCase }])).to.match(/chainId.*checksum/);
    expect(problemOf([])).to.include('NETWORKS_FILE');
    expect(problemOf([entry(), { ...entry(), name: 'other' }])).to.include('chain id 31337 stands there twice');
    expect(problemOf([entry(), { ...entry(), chainId: 5 }])).to.include('network bsc stands there twice');
    expect(problemOf([{ ...entry(), refundWallet: hotWalletAddress }])).to.include('the same');
    expect(problemOf([{ ...entry(), refundWallet: escrow }])).to.include('the escrow itself');
    expect(problemOf([{ ...entry(), surprise: 1 }])).to.include('surprise');
    expect(problemOf([{ ...entry(), rpcUrls: ['ftp://node'] }])).to.include('rpcUrls');
    const [token] = entry().tokens;
    expect(problemOf([{ ...entry(), tokens: [token, token] }])).to.match(/token USDT.*token address/);
    expect(problemOf([{ ...entry(), finality: { confirmations: 0, minimumAgeSeconds: 0 } }])).to.include('finality');
  });

  async function refusal(changes: object): Promise<Error & { code: string }> {
    const networks = parseNetworks({ networks: [{ ...entry(), ...changes }] });
    try {
      const chain = await connectChain({ networks, logger: world.logger, clock: systemClock });
      chain.close();
    } catch (error) {
      return error as Error & { code: string };
    }
    throw new Error('connected');
  }

  it('refuses to start when file and chain disagree on what money depends on', async () => {
    const { treasury, sellerAddress, token } = world.deployment;
    const [listed] = entry().tokens;
    const cases: [object, RegExp][] = [
      [{ tokens: [{ ...listed, decimals: 6 }] }, /USDT has 18 decimals, not 6/],
      [{ tokens: [{ ...listed, address: sellerAddress }] }, /USDT has no code/],
      [{ escrow: sellerAddress }, /no contract at the escrow address/],
      [{ refundWallet: treasury }, /refundWallet is the treasury/],
      [{ shkeeperHotWallet: treasury }, /shkeeperHotWallet is the treasury/],
    ];
    for (const [changes, message] of cases) {
      const error = await refusal(changes);
      expect(error.message).to.match(message);
      expect(error.code).to.equal('not_ready');
    }
    expect((await refusal({ chainId: 56 })).code).to.equal('chain_unavailable');
    expect((await refusal({ rpcUrls: ['http://127.0.0.1:1'] })).code).to.equal('chain_unavailable');
    // a contract, but not an escrow
    expect((await refusal({ escrow: token, tokens: [listed] })).message).to.not.equal('');
  });
});
