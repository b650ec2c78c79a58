import { expect } from 'chai';
import { toBeHex } from 'ethers';
import { createLogScan } from '../../../server/providers/chain/logScan.ts';
import { NodeBehindError } from '../../../server/providers/chain/rpcErrors.ts';
import { createRpcPool, type RpcPool } from '../../../server/providers/chain/rpcPool.ts';
import { memoryLogger } from './chainWorld.ts';
import { openStubNode, type StubAnswer, type StubBehaviour, type StubNode } from './stubNode.ts';

const chainId = 31337;
const chainAnswer = { result: `0x${chainId.toString(16)}` };
const balance = (value: number): StubAnswer => ({ result: `0x${value.toString(16)}` });
const refused = (code: number, message: string): StubAnswer => ({ error: { code, message } });
/** A node of our chain that answers everything else the same way. */
const answering =
  (answer: StubAnswer): StubBehaviour =>
  (method) =>
    method === 'eth_chainId' ? chainAnswer : answer;
const holder = `0x${'aa'.repeat(20)}`;

describe('chain: rpc pool', () => {
  const open: StubNode[] = [];
  const pools: RpcPool[] = [];
  let now = 0;

  beforeEach(() => {
    now = 1_000_000;
  });
  afterEach(async () => {
    for (const pool of pools.splice(0)) pool.close();
    for (const node of open.splice(0)) await node.close();
  });

  async function node(behaviour: StubBehaviour): Promise<StubNode> {
    const opened = await openStubNode(behaviour);
    open.push(opened);
    return opened;
  }

  function pool(urls: readonly string[], timeoutMs = 5_000) {
    const logger = memoryLogger();
    const made = createRpcPool({ name: 'bsc', chainId, urls, timeoutMs, logger, clock: { now: () => now } });
    pools.push(made);
    return Object.assign(made, { logger });
  }

  const ask = (made: RpcPool) => made.run((provider) => provider.getBalance(holder));
  const failure = (promise: Promise<unknown>) => promise.then(() => null).catch((error) => error);

  const illnesses: Record<string, StubAnswer> = {
    'an HTTP 500': { status: 500 },
    'a rate limit': { status: 429 },
    'error -32005': refused(-32005, 'daily request count exceeded'),
    'error -32603': refused(-32603, 'internal error'),
    'a pruned state': refused(-32000, 'missing trie node'),
    nonsense: { result: 'certainly' },
  };
  for (const [name, answer] of Object.entries(illnesses)) {
    it(`asks the next node when the first answers with ${name}, and leaves the first alone for a while`, async () => {
      const first = await node(answering(answer));
      const second = await node(answering(balance(7)));
      const made = pool([first.url, second.url]);
      expect(await ask(made)).to.equal(7n);
      const asked = first.calls.length;
      expect(await ask(made)).to.equal(7n);
      expect(first.calls.length).to.equal(asked);
      expect(made.status()[0]?.failures).to.equal(1);
      first.behave(answering(balance(8)));
      now += 60_000;
      second.behave(answering({ status: 503 }));
      expect(await ask(made)).to.equal(8n);
      expect(made.status()[0]?.failures).to.equal(0);
    });
  }

  it('asks the next node when the first does not answer in time', async () => {
    const first = await node((method) => (method === 'eth_chainId' ? chainAnswer : { silent: true }));
    const second = await node(answering(balance(7)));
    expect(await ask(pool([first.url, second.url], 200))).to.equal(7n);
  });

  it('uses a node again that was down at the start', async () => {
    const first = await node(() => ({ gone: true }));
    const second = await node(answering(balance(7)));
    const made = pool([first.url, second.url]);
    expect(await ask(made)).to.equal(7n);
    first.behave(answering(balance(9)));
    second.behave(answering({ status: 500 }));
    now += 60_000;
    expect(await ask(made)).to.equal(9n);
  });

  it('believes a missing receipt only when no other node has one', async () => {
    const first = await node(answering({ result: null }));
    const second = await node(answering(balance(7)));
    const made = pool([first.url, second.url]);
    const read = () =>
      made.run(
        (provider) => provider.send('eth_getTransactionReceipt', ['0x00']),
        (answer) => answer === null,
      );
    expect(await read()).to.equal('0x7');
    expect(made.status()[0]?.failures).to.equal(0);
    second.behave(answering({ result: null }));
    expect(await read()).to.equal(null);
    second.behave(answering({ status: 500 }));
    expect(await read()).to.equal(null);
  });

  it('never uses a node of another chain', async () => {
    const first = await node(() => ({ result: '0x38' }));
    const second = await node(answering(balance(7)));
    const made = pool([first.url, second.url]);
    expect(await ask(made)).to.equal(7n);
    expect(first.calls).to.deep.equal(['eth_chainId']);
    expect(made.logger.lines.filter((line) => line.level === 'error')).to.have.length(1);
    expect(await failure(ask(pool([first.url])))).to.have.property('code', 'chain_unavailable');
  });

  it('passes a revert on at once and calls nobody ill for it', async () => {
    const first = await node(answering({ error: { code: 3, message: 'execution reverted', data: '0x' } }));
    const second = await node(answering(balance(7)));
    const made = pool([first.url, second.url]);
    const error = await failure(made.run((provider) => provider.call({ to: holder, data: '0x12345678' })));
    expect(error).to.have.property('code', 'CALL_EXCEPTION');
    expect(second.calls).to.deep.equal([]);
    expect(made.status()[0]?.failures).to.equal(0);
  });

  it('tells a call that a node could not make from one that the contract refused', async () => {
    const first = await node(answering(refused(-32000, 'header not found')));
    const second = await node(answering({ result: '0x2a' }));
    const made = pool([first.url, second.url]);
    expect(await made.run((provider) => provider.call({ to: holder, data: '0x12345678' }))).to.equal('0x2a');
  });

  it('gives up after bounded tries and says so without the secrets of an address', async () => {
    const first = await node(answering({ status: 500 }));
    const made = pool([`${first.url}/v3/secret-key`]);
    const error = await failure(ask(made));
    expect(error).to.have.property('code', 'chain_unavailable');
    expect(error.message).to.not.include('secret');
    expect(first.calls.filter((method) => method === 'eth_getBalance')).to.have.length(2);
    expect(made.logger.lines.map((line) => (line.fields as { node: string }).node).join()).to.not.include('secret');
  });

  it('lets a mistake of our own through instead of hiding it behind another node', async () => {
    const first = await node(answering(balance(7)));
    const error = await failure(pool([first.url]).run(async () => Promise.reject(new TypeError('ours'))));
    expect(error).to.be.instanceOf(TypeError);
  });

  describe('log scan', () => {
    const block = (number: number) => ({
      ...{ number: `0x${number.toString(16)}`, hash: `0x${'1'.repeat(64)}`, parentHash: `0x${'2'.repeat(64)}` },
      ...{
        timestamp: '0x1',
        nonce: '0x0000000000000000',
        difficulty: '0x0',
        baseFeePerGas: '0x0',
        gasLimit: '0x1',
        gasUsed: '0x0',
      },
      ...{ miner: `0x${'0'.repeat(40)}`, extraData: '0x', transactions: [] },
    });

    /** A node that refuses more than `limit` blocks and has none above `height`. */
    function limited(limit: number, height: number, ranges: number[][]): StubBehaviour {
      return (method, [first]) => {
        if (method === 'eth_chainId') return chainAnswer;
        if (method === 'eth_getBlockByNumber') {
          const number = Number(first);
          return { result: number > height ? null : block(number) };
        }
        const { fromBlock, toBlock } = first as { fromBlock: string; toBlock: string };
        const range = [Number(fromBlock), Number(toBlock)];
        if (Number(toBlock) - Number(fromBlock) >= limit)
          return refused(-32005, 'query returned more than 10000 results');
        ranges.push(range);
        return { result: [] };
      };
    }

    it('narrows its window until the node accepts it, covers every block once and remembers', async () => {
      const ranges: number[][] = [];
      const only = await node(limited(300, 10_000, ranges));
      const scan = createLogScan(pool([only.url]));
      await scan({ topics: [] }, 1, 1_000);
      expect(ranges.at(-1)?.[1]).to.equal(1_000);
      let next = 1;
      for (const [from, to] of ranges) {
        expect(from).to.equal(next);
        next = (to ?? 0) + 1;
      }
    });

    describe('at a block whose logs a node will not give', () => {
      const receivers = Array.from({ length: 40 }, (_, n) => toBeHex(n + 1, 32));
      const hash = `0x${'1'.repeat(64)}`;
      const refusal = {
        code: 'UNKNOWN_ERROR',
        error: { code: -32005, message: 'query returned more than 10000 results' },
      };
      const log = (topic: string | undefined, address = '0xAA') => ({
        ...{ address, blockNumber: 500 },
        topics: ['0xt', '0xfrom', topic],
      });
      const logs = [log(receivers[0]), log(receivers[39]), log(receivers[7], '0xBB'), log(toBeHex(99, 32))];

      /** A pool of one node that gives at most `most` receivers of block 500, and anything of other blocks. */
      function narrow(most: number, asked: number[], receipts: object | null) {
        const wanted = (filter: { topics: string[][] }) => filter.topics[2] ?? [];
        const provider = {
          getBlock: async () => ({ hash, transactions: ['0xtx'] }),
          getTransactionReceipt: async () => receipts,
          getLogs: async (filter: { topics: string[][]; fromBlock: number; toBlock: number }) => {
            if (filter.fromBlock > 500 || filter.toBlock < 500) return [];
            if (filter.fromBlock < 500 || filter.toBlock > 500 || wanted(filter).length > most)
              throw Object.assign(new Error('refused'), refusal);
            asked.push(wanted(filter).length);
            return logs.filter(({ address, topics }) => address === '0xAA' && wanted(filter).includes(topics[2] ?? ''));
          },
        };
        const run = async (read: (node: typeof provider) => unknown) => read(provider);
        return { name: 'bsc', run } as unknown as RpcPool;
      }
      const filter = { address: ['0xaa'], topics: ['0xt', null, receivers] };

      it('asks for fewer receivers', async () => {
        const asked: number[] = [];
        const found = await createLogScan(narrow(20, asked, null))(filter, 1, 2_000);
        expect(found).to.deep.equal([logs[0], logs[1]]);
        expect(asked).to.deep.equal([20, 20]);
      });

      it('reads the block itself when that does not help, and believes no receipt of another block', async () => {
        const found = await createLogScan(narrow(0, [], { blockHash: hash, logs }))(filter, 1, 2_000);
        expect(found).to.deep.equal([logs[0], logs[1]]);
        for (const lacking of [null, { blockHash: '0x2', logs }]) {
          const error = await failure(createLogScan(narrow(0, [], lacking))(filter, 1, 2_000));
          expect(error).to.be.instanceOf(NodeBehindError);
        }
      });
    });

    it('takes only logs that the filter names, whatever the node gives, because every contract can write a transfer', async () => {
      const wanted = { address: '0xAA', topics: ['0xt'], blockNumber: 7 };
      const given = [
        wanted,
        { ...wanted, address: '0xBB' },
        { ...wanted, topics: ['0xother'] },
        { ...wanted, blockNumber: 4 },
        { ...wanted, blockNumber: 10 },
      ];
      const provider = { getBlock: async () => ({ hash: '0x1' }), getLogs: async () => given };
      const run = async (read: (node: typeof provider) => unknown) => read(provider);
      const scan = createLogScan({ name: 'bsc', run } as unknown as RpcPool);
      expect(await scan({ address: '0xaa', topics: ['0xt'] }, 5, 9)).to.deep.equal([wanted]);
    });

    it('asks another node instead of believing one that lacks the last block', async () => {
      const behind: number[][] = [];
      const ahead: number[][] = [];
      const first = await node(limited(5_000, 99, behind));
      const second = await node(limited(5_000, 100, ahead));
      const scan = createLogScan(pool([first.url, second.url]));
      await scan({ topics: [] }, 90, 100);
      expect(ahead).to.deep.equal([[90, 100]]);
      const error = await failure(scan({ topics: [] }, 90, 101));
      expect(error).to.have.property('code', 'chain_unavailable');
    });
  });
});
