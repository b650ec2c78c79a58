import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { getAddress, parseUnits } from 'ethers';
import { tokenTransferGas } from './chain.ts';
import { toDouble } from './numbers.ts';
import type { Coin } from './settings.ts';
import type { Payout, Task } from './state.ts';
import { coinNamed, type World } from './world.ts';

/** More than `MIN_CONFIRMATION_BLOCK_FOR_PAYOUT` (1), that is two or more. */
const confirmationsMin = 2;
/** A payout older than this is never polled again and stays in progress. */
const pollingEndsMs = 24 * 3_600_000;

export interface PayoutOrder {
  readonly externalId: string | null;
  readonly coin: string;
  readonly amount: string;
  readonly destination: string;
  readonly callbackUrl: string | null;
}
/** What the core answers to a payout. */
export type PayoutAnswer =
  | { readonly kind: 'accepted'; readonly taskId: string }
  | { readonly kind: 'exists' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'timedOut' };

/** Takes payouts and makes them real transfers, one after the other. */
export interface Payouts {
  accept(order: PayoutOrder): Promise<PayoutAnswer>;
  /** Works the tasks that wait. */
  runTasks(): Promise<void>;
  /** The core's look at confirmations, then at tasks: each step shows on a tick of its own. */
  poll(): Promise<void>;
}

/** Base units of an amount, cut to the token's decimals as the original does; null when it is no positive number. */
function baseUnits(amount: string, decimals: number): bigint | null {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(amount);
  if (!match) return null;
  const units = parseUnits(`${match[1]}.${(match[2] ?? '').slice(0, decimals) || '0'}`, decimals);
  return units > 0n ? units : null;
}

function checkedAddress(text: string): string | null {
  try {
    return getAddress(text.toLowerCase());
  } catch {
    return null;
  }
}

/** Builds the payout desk. */
export function createPayouts(world: World): Payouts {
  const { state } = world.store;
  return {
    async accept(order) {
      const set = world.switches.of(order.externalId);
      const exists = order.externalId !== null && state.payouts.some((one) => one.externalId === order.externalId);
      if (exists) return { kind: 'exists' };
      // Check, send, insert, without a unique index: parallel identical payouts are all sent (S37).
      await setTimeout(set.walletMs);
      if (set.refuseBurnsId !== 'off') {
        openRow(world, order, null).status = set.refuseBurnsId === 'fail' ? 'FAIL' : 'IN_PROGRESS';
        world.store.save();
        return { kind: 'refused', message: 'Payout is refused by the wallet' };
      }
      const taskId = queueTask(world, order);
      // The core gave up waiting, so no row is written, but the task runs all the same (S35).
      if (!set.slowBackend) openRow(world, order, taskId);
      world.store.save();
      return set.slowBackend ? { kind: 'timedOut' } : { kind: 'accepted', taskId };
    },
    async runTasks() {
      for (const task of state.tasks) await runTask(world, task);
    },
    async poll() {
      const open = state.payouts.filter(
        (one) => one.status === 'IN_PROGRESS' && world.nowMs() - one.createdAtMs < pollingEndsMs,
      );
      for (const payout of open) await pollPayout(world, payout);
    },
  };
}

function openRow(world: World, order: PayoutOrder, taskId: string | null): Payout {
  const { payouts } = world.store.state;
  const id = payouts.length + 1;
  const createdAtMs = world.nowMs();
  const payout: Payout = {
    ...order,
    id,
    taskId,
    createdAtMs,
    status: 'IN_PROGRESS',
    txid: null,
    callback: 'none',
    tries: 0,
  };
  payouts.push(payout);
  return payout;
}

function queueTask(world: World, order: PayoutOrder): string {
  const { externalId, coin, amount, destination } = order;
  const id = randomUUID();
  world.store.state.tasks.push({
    id,
    externalId,
    coin,
    amount,
    destination,
    status: 'PENDING',
    error: null,
    transfers: [],
  });
  return id;
}

async function runTask(world: World, task: Task): Promise<void> {
  const set = world.switches.of(task.externalId);
  if (task.status !== 'PENDING') return releaseHeld(world, task);
  if (set.holdPayouts) return;
  const failure = task.transfers.length === 0 ? await sendTransfers(world, task) : await rebroadcast(world, task);
  // FAILURE is no proof that nothing was sent (S42).
  task.error = failure ?? (set.failAfterBroadcast ? 'HTTPSConnectionPool: Read timed out.' : null);
  task.status = task.error === null ? 'SUCCESS' : 'FAILURE';
  world.store.save();
}

/** Sends the transfer of a task, or answers the text of its failure. */
async function sendTransfers(world: World, task: Task): Promise<string | null> {
  const coin = coinNamed(world, task.coin);
  const destination = checkedAddress(task.destination);
  const value = coin ? baseUnits(task.amount, coin.decimals) : null;
  if (!coin || !destination || value === null) return 'Bad destination or amount';
  const shortage = await shortageOf(world, coin, value);
  if (shortage !== null) return shortage;
  const set = world.switches.of(task.externalId);
  const data = world.chain.transferData(destination, value);
  const copies = world.switches.takeDouble(task.externalId) ? 2 : 1;
  for (let copy = 0; copy < copies; copy += 1) {
    const sent = world.hotWallet.send({ to: coin.tokenAddress, data, gasLimit: tokenTransferGas }, (signed) => {
      task.transfers.push({ ...signed, held: set.stuckTx });
      world.store.save();
      return !set.stuckTx;
    });
    const collision = await sent.then(() => null, collisionOf);
    if (collision === null) continue;
    task.transfers.pop();
    return collision;
  }
  return null;
}

/** Somebody else used the account's nonce, so this transfer can never be mined; any other error is passed on. */
function collisionOf(error: unknown): string {
  const text = error instanceof Error ? error.message.slice(0, 200) : String(error);
  if (/nonce|underpriced/i.test(text)) return text;
  throw error;
}

async function shortageOf(world: World, coin: Coin, value: bigint): Promise<string | null> {
  const { chain, hotWallet } = world;
  const tokens = await chain.tokenBalance(coin.tokenAddress, hotWallet.address);
  if (tokens < value) {
    const need = toDouble(value.toString(), coin.decimals);
    const have = toDouble(tokens.toString(), coin.decimals);
    return `Have not enough tokens on fee account, need ${need} have ${have}`;
  }
  const gas = tokenTransferGas * (await chain.maxFeePerGas());
  const native = await chain.nativeBalance(hotWallet.address);
  return native < gas ? `Have not enough crypto on fee account, need ${gas} have ${native}` : null;
}

/** Sends the same signed bytes again; a node that has them already refuses, which changes nothing. */
async function rebroadcast(world: World, task: Task): Promise<null> {
  for (const transfer of task.transfers) {
    if (!transfer.held) await world.chain.broadcast(transfer.raw).catch(() => undefined);
  }
  return null;
}

async function releaseHeld(world: World, task: Task): Promise<void> {
  const held = task.transfers.filter((transfer) => transfer.held);
  if (held.length === 0 || world.switches.of(task.externalId).stuckTx) return;
  for (const transfer of held) transfer.held = false;
  await rebroadcast(world, task);
  world.store.save();
}

async function pollPayout(world: World, payout: Payout): Promise<void> {
  if (payout.txid !== null) return pollConfirmations(world, payout, payout.txid);
  const task = world.store.state.tasks.find((one) => one.id === payout.taskId);
  if (task?.status === 'FAILURE') payout.status = 'FAIL';
  else if (task?.status === 'SUCCESS') payout.txid = task.transfers[0]?.hash ?? null;
}

async function pollConfirmations(world: World, payout: Payout, txid: string): Promise<void> {
  const { chain, store, switches } = world;
  const outcome = await chain.outcome(txid);
  if (outcome === null) {
    // A node puts transactions of lost blocks back into its pool; the local chain may have lost that, too.
    const task = store.state.tasks.find((one) => one.id === payout.taskId);
    if (task && !(await chain.knows(txid))) await rebroadcast(world, task);
    return;
  }
  const confirmations = (await chain.head()) - outcome.blockNumber + 1;
  // A reverted transfer stays in progress for ever (S43).
  if (!outcome.succeeded || confirmations < confirmationsMin) return;
  payout.status = 'SUCCESS';
  if (switches.of(payout.externalId).payoutCallback && payout.callbackUrl !== null) payout.callback = 'due';
}
