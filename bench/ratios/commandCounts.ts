import { populate } from '../population.ts';
import type { CommandCounts } from '../servers/countedCommands.ts';
import type { LoopResult } from '../servers/observeLoop.ts';
import type { Stage } from '../stage.ts';

const loneCalls = 10;
const seconds = 3;

/** Database commands of a lone call of `observe` on a payment it has not seen before. */
export async function loneCommands(stage: Stage): Promise<{ toAcknowledgement: number; inAll: number }> {
  const process = await stage.process('servers/holdfastCounted.ts');
  const payments = await populate(stage.client.db(), { count: loneCalls, transitions: 2 });
  return process.ask('lone', { paymentIds: payments.map(({ paymentId }) => paymentId) });
}

/** Transitions sent to the log for each that was appended, by so many writers on one payment. */
export async function appendsOf(stage: Stage, callers: number): Promise<number> {
  const process = await stage.process('servers/holdfastCounted.ts');
  const payments = await populate(stage.client.db(), { count: 1, transitions: 2 });
  const paymentIds = payments.map(({ paymentId }) => paymentId);
  const before = await process.ask<CommandCounts>('counts');
  const { operations } = await process.ask<LoopResult>('observe', { paymentIds, callers, seconds });
  const after = await process.ask<CommandCounts>('counts');
  return (after.appends - before.appends) / Math.max(1, operations);
}
