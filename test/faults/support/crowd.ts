import { Interface } from 'ethers';
import { eventually } from '../../support/eventually.ts';
import type { Stage } from './stage.ts';
import { type OpenTrade, openTrade, stepLimitMs, units } from './trade.ts';

/** A buyer with more unpaid payments than this could be refused another one. */
const tradesPerBuyer = 8;
/** Trades opened at a time; each is four calls, one after the other. */
const openedAtOnce = 8;

/** Works all items, `width` of them at a time; stops at the first that throws. */
export async function atATime<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const workers = Array.from({ length: Math.min(width, items.length) }, async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T, at);
  });
  await Promise.all(workers);
  return results;
}

/** The items in another order. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

/** Opens many trades of many buyers. */
export function openTrades(stage: Stage, count: number, price = '10'): Promise<OpenTrade[]> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return atATime(numbers, openedAtOnce, (index) =>
    openTrade(stage, { price, buyer: `crowd-${Math.floor(index / tradesPerBuyer)}` }),
  );
}

const transfer = new Interface(['function transfer(address,uint256) returns (bool)']);
const transferGas = '0x186a0';

/** Hands transfers of the test token to the node without waiting for a block; answers their hashes in the same order. */
export async function sendTransfers(
  stage: Stage,
  transfers: readonly { readonly to: string; readonly amount: string }[],
): Promise<string[]> {
  const { buyerAddress, token } = stage.sandbox.info.deployment;
  const hashes: string[] = [];
  for (const { to, amount } of transfers) {
    const data = transfer.encodeFunctionData('transfer', [to, units(amount)]);
    const sent = await stage.chain.rpc('eth_sendTransaction', [
      { from: buyerAddress, to: token, data, gas: transferGas },
    ]);
    hashes.push(String(sent));
  }
  return hashes;
}

/** Waits until all of them are in blocks. */
export async function untilMined(stage: Stage, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes) {
    await eventually(async () => (await stage.chain.rpc('eth_getTransactionReceipt', [hash])) !== null, {
      timeoutMs: stepLimitMs,
      what: `${hash} is mined`,
    });
  }
}

/** Waits until every one of these payments stands in the projection with this status. */
export function untilAll(
  stage: Stage,
  trades: readonly OpenTrade[],
  status: string,
  limitMs: number,
): Promise<boolean> {
  const ids = trades.map(({ paymentId }) => paymentId);
  const payments = stage.mongo.db().collection('payments');
  return eventually(
    async () => {
      const there = await payments.countDocuments({ _id: { $in: ids as never[] }, status });
      if (there === ids.length) return true;
      throw new Error(`${there} of ${ids.length}`);
    },
    { timeoutMs: limitMs, what: `all payments are ${status}` },
  );
}
