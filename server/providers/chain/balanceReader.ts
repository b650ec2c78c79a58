import { concat, dataSlice, Interface, toBeHex } from 'ethers';
import { AppError } from '../../errors.ts';
import type { BalanceReader } from '../../ports/reconciliation.ts';
import { type ChainConnections, connectionOf } from './connection.ts';
import { decodeAnswer, encodeCall } from './escrowCodec.ts';
import type { RpcPool } from './rpcPool.ts';

const erc20 = new Interface(['function balanceOf(address holder) view returns (uint256)']);
/** 6 million gas with a costly token, and 6 kB of answer: within what nodes allow a call. */
const holdersPerCall = 200;

/**
 * Init code that reads balances: run by `eth_call` without a receiver, it asks the token for each of the addresses behind it and returns
 * the words. One question in place of hundreds, and nothing has to be deployed for it.
 */
function balanceProgram(token: string, holders: readonly string[]): string {
  const count = toBeHex(holders.length, 2).slice(2);
  return concat([
    '0x6370a0823160e01b600052', // the selector of balanceOf at 0
    '0x6000', // i = 0
    `0x5b8061${count}14605457`, // while i != count
    '0x601481601402605b01601039', // the i-th address at 16
    '0x60208160051b60400160246000', // the answer goes to 64 + 32 i
    `0x73${token.slice(2)}5afa604d57`, // ask the token
    '0x600080fd', // it refused: so do we
    '0x5b600101600d56', // i += 1
    '0x5b60051b6040f3', // return the words
    ...holders,
  ]);
}

async function askOneByOne(pool: RpcPool, token: string, holders: readonly string[], blockTag: number) {
  const found: bigint[] = [];
  for (const holder of holders) {
    const data = erc20.encodeFunctionData('balanceOf', [holder]);
    const answer = await pool.run((provider) => provider.call({ to: token, data, blockTag }));
    found.push(BigInt(erc20.decodeFunctionResult('balanceOf', answer)[0]));
  }
  return found;
}

async function askTogether(pool: RpcPool, token: string, holders: readonly string[], blockTag: number) {
  const data = balanceProgram(token, holders);
  const answer = await pool.run((provider) => provider.call({ data, blockTag }));
  if (answer.length !== 2 + 64 * holders.length) return askOneByOne(pool, token, holders, blockTag);
  return holders.map((_, n) => BigInt(dataSlice(answer, 32 * n, 32 * n + 32)));
}

/** Creates the reader of balances as of a block over all connected networks. */
export function createBalanceReader(connections: ChainConnections): BalanceReader {
  return {
    async tokenBalances(network, tokenAddress, holders, block) {
      const { pool } = connectionOf(connections, network);
      const found: bigint[] = [];
      for (let start = 0; start < holders.length; start += holdersPerCall) {
        const some = holders.slice(start, start + holdersPerCall);
        const read = askTogether(pool, tokenAddress, some, block).catch((error: unknown) => {
          if (error instanceof AppError) throw error;
          // A node that runs no code without a receiver, or a token that refuses one of them.
          return askOneByOne(pool, tokenAddress, some, block);
        });
        found.push(...(await read));
      }
      return found;
    },
    async poolBook(name, tokenAddress, block) {
      const { network, pool } = connectionOf(connections, name);
      const data = encodeCall('book', [tokenAddress]);
      const answer = await pool.run((provider) => provider.call({ to: network.escrow, data, blockTag: block }));
      const { owed, fees } = decodeAnswer('book', answer);
      return { owed, fees };
    },
  };
}
