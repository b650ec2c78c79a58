import { expect } from 'chai';
import type { JsonRpcProvider } from 'ethers';
import { AppError } from '../../../server/errors.ts';
import { createBalanceReader } from '../../../server/providers/chain/balanceReader.ts';
import { createRpcPool, type RpcPool } from '../../../server/providers/chain/rpcPool.ts';
import { type ChainWorld, one, openChainWorld, systemClock } from './chainWorld.ts';

describe('balances as of a block', () => {
  let world: ChainWorld;
  before(async () => {
    world = await openChainWorld();
  });
  const pools: RpcPool[] = [];
  after(async () => {
    for (const pool of pools) pool.close();
    await world.close();
  });

  const holders = Array.from({ length: 450 }, (_, n) => `0x${(n + 0x1000).toString(16).padStart(40, 'a')}`);
  /** The reader over nodes that differ from the real one, and how often it asked. */
  function readerOver(change: (node: JsonRpcProvider) => JsonRpcProvider) {
    const { chain, configured } = world;
    const [network] = chain.networks;
    if (network === undefined) throw new Error('no network');
    const pool = createRpcPool({
      ...{ name: 'bsc', chainId: world.deployment.chainId, urls: [world.url], timeoutMs: 10_000 },
      ...{ logger: world.logger, clock: systemClock },
    });
    pools.push(pool);
    let asked = 0;
    const run: RpcPool['run'] = (read, unknown) => {
      asked += 1;
      return pool.run((node) => read(change(node)), unknown);
    };
    const connection = { network, finality: configured.finality, pool: { ...pool, run } };
    return { reader: createBalanceReader(new Map([['bsc', connection]])), questions: () => asked };
  }
  const at = async () => (await world.chain.reader.head('bsc')).number;

  it('are those of each holder at that block, however many holders there are', async () => {
    const { token, buyerAddress } = world.deployment;
    const [first = '', last = ''] = [holders[0], holders.at(-1)];
    await world.pay(first, 3n);
    const early = await at();
    await world.pay(last, one);
    await world.pay(first, 4n);
    const read = (block: number) => world.chain.balances.tokenBalances('bsc', token, [...holders, buyerAddress], block);
    const [before, now] = [await read(early), await read(await at())];
    expect([before.length, before[0], before[449], before.filter((amount) => amount > 0n).length]).to.deep.equal([
      451,
      3n,
      0n,
      2,
    ]);
    expect([now[0], now[449]]).to.deep.equal([7n, one]);
    expect(now[450]).to.equal(await world.chain.reader.tokenBalance('bsc', token, buyerAddress));
    expect(await world.chain.balances.tokenBalances('bsc', token, [], early)).to.deep.equal([]);
  });

  it('take one question for two hundred holders, and come one by one, the same, where such code is refused', async () => {
    const { token } = world.deployment;
    const whole = readerOver((node) => node);
    expect(await whole.reader.tokenBalances('bsc', token, holders, await at())).to.include.members([7n, one]);
    expect(whole.questions()).to.equal(3);
    // A node that answers a call without a receiver with nothing.
    const shy = readerOver((node) => {
      const call: typeof node.call = async (asked) => (asked.to == null ? '0x' : node.call(asked));
      return new Proxy(node, { get: (target, key) => (key === 'call' ? call : Reflect.get(target, key)) });
    });
    expect(await shy.reader.tokenBalances('bsc', token, holders.slice(0, 2), await at())).to.deep.equal([7n, 0n]);
    expect(shy.questions()).to.equal(3);
  });

  it('cannot be had of a block that is not there, which is no balance of zero', async () => {
    const { token } = world.deployment;
    const asked = await world.chain.balances
      .tokenBalances('bsc', token, holders, (await at()) + 1_000)
      .catch((error: unknown) => error);
    expect(asked).to.be.instanceOf(AppError).and.to.include({ code: 'chain_unavailable' });
  });

  it('tell of the pool what it owes and which of that are fees', async () => {
    const { token } = world.deployment;
    const before = await at();
    expect(await world.chain.balances.poolBook('bsc', token, before)).to.deep.equal({ owed: 0n, fees: 0n });
  });
});
