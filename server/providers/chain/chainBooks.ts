import { Interface } from 'ethers';
import type { AskedHolding, ChainBooks, Holding } from '../../ports/audit.ts';
import { type ChainConnections, connectionOf } from './connection.ts';
import { decodeAnswer, encodeCall } from './escrowCodec.ts';
import { readEscrowEventsOf } from './escrowEvents.ts';
import { createLogScan, type ScanLogs } from './logScan.ts';
import type { RpcPool } from './rpcPool.ts';

// RPC services refuse longer lists of topics (about 1,000).
const paymentsPerQuery = 500;
// Calls on their way to one node at a time; the pool sends them ten a request.
const callsAtOnce = 50;
const erc20 = new Interface(['function balanceOf(address holder) view returns (uint256)']);

/** One `eth_call`. */
interface Call {
  readonly to: string;
  readonly data: string;
}

/** Answers of many calls as of one block, in their order. */
async function callsAt(pool: RpcPool, blockTag: number, calls: readonly Call[]): Promise<string[]> {
  const answers: string[] = [];
  for (let start = 0; start < calls.length; start += callsAtOnce) {
    const slice = calls.slice(start, start + callsAtOnce);
    const some = await pool.run((provider) => Promise.all(slice.map((call) => provider.call({ ...call, blockTag }))));
    answers.push(...some);
  }
  return answers;
}

const balanceCall = (tokenAddress: string, holder: string): Call => ({
  to: tokenAddress,
  data: erc20.encodeFunctionData('balanceOf', [holder]),
});
const balanceIn = (answer = '0x') => BigInt(erc20.decodeFunctionResult('balanceOf', answer)[0]);

function holdingIn(balance: string | undefined, record: string | undefined): Holding {
  const { inVault, remaining } = decodeAnswer('payment', record ?? '0x');
  return { inVault, vault: balanceIn(balance), pool: inVault ? 0n : remaining };
}

/** Creates the reader of whole states of the chain, for audits; ordinary work never needs more than one payment's. */
export function createChainBooks(connections: ChainConnections): ChainBooks {
  const scans = new Map<string, ScanLogs>();
  const scanOf = (name: string): ScanLogs => {
    const scan = scans.get(name) ?? createLogScan(connectionOf(connections, name).pool);
    scans.set(name, scan);
    return scan;
  };

  return {
    async holdingsAt(name: string, blockNumber: number, asked: readonly AskedHolding[]) {
      const { pool, network } = connectionOf(connections, name);
      const balances = asked.map(({ tokenAddress, vault }) => balanceCall(tokenAddress, vault));
      const records = asked.map(({ termsId }) => ({ to: network.escrow, data: encodeCall('payment', [termsId]) }));
      const answers = await callsAt(pool, blockNumber, [...balances, ...records]);
      return asked.map((_, n) => holdingIn(answers[n], answers[asked.length + n]));
    },
    async eventsOf(name, termsIds, range) {
      const { network } = connectionOf(connections, name);
      const wanted = [...new Set(termsIds.map((termsId) => termsId.toLowerCase()))];
      const slices = Array.from({ length: Math.ceil(wanted.length / paymentsPerQuery) }, (_, n) =>
        wanted.slice(n * paymentsPerQuery, (n + 1) * paymentsPerQuery),
      );
      const found = [];
      for (const slice of slices) found.push(...(await readEscrowEventsOf(scanOf(name), network, slice, range)));
      return found;
    },
  };
}
