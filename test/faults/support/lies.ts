import { dataSlice, id, toBeHex, zeroPadValue } from 'ethers';
import type { Lie } from './fakeNode.ts';
import { units } from './trade.ts';

type Fields = Record<string, unknown>;

const transferTopic = id('Transfer(address,address,uint256)');
/** A contract and a person that nobody here knows. */
const stranger = `0x${'57'.repeat(20)}`;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const topicsOf = (log: Fields) => log.topics as string[];
const numberOf = (value: unknown) => Number(BigInt(String(value)));

/** Changes every transfer to one of the addresses, in lists of logs and in receipts alike; null leaves it out. */
function aboutTransfers(addresses: readonly string[], change: (log: Fields) => Fields | null): Lie {
  const wanted = addresses.map((address) => address.toLowerCase());
  const isMeant = (log: Fields) => {
    const [kind, , to] = topicsOf(log);
    return kind === transferTopic && to !== undefined && wanted.includes(dataSlice(to, 12).toLowerCase());
  };
  const changed = (logs: unknown) =>
    (logs as Fields[]).map((log) => (isMeant(log) ? change(log) : log)).filter((log) => log !== null);
  return ({ method }, truth) => {
    if (method === 'eth_getLogs') return changed(truth);
    if (method !== 'eth_getTransactionReceipt' || !isObject(truth)) return truth;
    return { ...truth, logs: changed(truth.logs) };
  };
}

/** The node belongs to another chain. */
export const wrongChain: Lie = ({ method }, truth) => (method === 'eth_chainId' ? '0x1' : truth);

/** The node stands still at a block and knows nothing of what came after it. */
export function lagging(at: number): Lie {
  const named = new Map<unknown, number>([
    ['latest', at],
    ['pending', at],
    ['finalized', at - 4],
    ['safe', at - 2],
  ]);
  const isKnown = (value: unknown) => isObject(value) && numberOf(value.blockNumber) <= at;
  return ({ method, params }, truth, ask) => {
    const [first, ...others] = params;
    if (method === 'eth_blockNumber') return toBeHex(at);
    if (method === 'eth_getLogs') return (truth as unknown[]).filter(isKnown);
    if (method === 'eth_getTransactionReceipt') return isKnown(truth) ? truth : null;
    if (method !== 'eth_getBlockByNumber') return truth;
    const tag = named.get(first);
    if (tag !== undefined) return ask(method, [toBeHex(tag), ...others]);
    return isObject(truth) && numberOf(truth.number) > at ? null : truth;
  };
}

/** The money went to another contract. */
export const anotherContract = (addresses: readonly string[]): Lie =>
  aboutTransfers(addresses, (log) => ({
    ...log,
    topics: [...topicsOf(log).slice(0, 2), zeroPadValue(stranger, 32)],
  }));

/** What came was another token. */
export const anotherToken = (addresses: readonly string[]): Lie =>
  aboutTransfers(addresses, (log) => ({ ...log, address: stranger }));

/** Nothing came, though a transfer says so. */
export const noAmount = (addresses: readonly string[]): Lie =>
  aboutTransfers(addresses, (log) => ({ ...log, data: zeroPadValue('0x', 32) }));

/** The transaction failed. */
export function failed(addresses: readonly string[]): Lie {
  const without = aboutTransfers(addresses, () => null);
  return async (question, truth, ask) => {
    const told = await without(question, truth, ask);
    const isMeant = JSON.stringify(told) !== JSON.stringify(truth);
    return isMeant && question.method === 'eth_getTransactionReceipt'
      ? { ...(told as Fields), status: '0x0', logs: [] }
      : told;
  };
}

/** A strange contract says that the price came to the addresses, in the block and by the transaction of a real log. */
export function fakeTransfer(addresses: readonly string[], real: Fields): Lie {
  const invented = addresses.map((address) => ({
    ...real,
    address: stranger,
    topics: [transferTopic, zeroPadValue(stranger, 32), zeroPadValue(address, 32)],
    data: toBeHex(units('100'), 32),
  }));
  return ({ method, params }, truth) => {
    if (method === 'eth_getTransactionReceipt' && isObject(truth) && truth.transactionHash === real.transactionHash)
      return { ...truth, logs: [...(truth.logs as Fields[]), ...invented] };
    if (method !== 'eth_getLogs') return truth;
    const { fromBlock, toBlock } = params[0] as Fields;
    const block = numberOf(real.blockNumber);
    const isInside = numberOf(fromBlock) <= block && block <= numberOf(toBlock);
    // given whatever was asked for: what a filter is worth is the node's word, too
    return isInside ? [...(truth as Fields[]), ...invented] : truth;
  };
}
