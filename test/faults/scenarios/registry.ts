import type { Scenario } from '../support/scenario.ts';
import { crashPoints } from './F01-crashPoints.ts';
import { randomKills } from './F02-randomKills.ts';
import { shuffledDeliveries } from './F03-shuffledDeliveries.ts';
import { fourSources } from './F04-fourSources.ts';
import { replyLost } from './F05-replyLost.ts';
import { databaseAway } from './F06-databaseAway.ts';
import { databaseErrors } from './F07-databaseErrors.ts';
import { redisAway } from './F08-redisAway.ts';
import { illNode } from './F09-illNode.ts';
import { reorganisations } from './F10-reorganisations.ts';
import { payoutTimeout } from './F11-payoutTimeout.ts';
import { clockJumps } from './F12-clockJumps.ts';
import { wrongPayments } from './F13-wrongPayments.ts';
import { sameHash } from './F14-sameHash.ts';
import { releaseAndRefund } from './F15-releaseAndRefund.ts';
import { orderlyStop } from './F16-orderlyStop.ts';
import { fullAndLong } from './F18-fullAndLong.ts';
import { clientAway } from './F19-clientAway.ts';
import { twoVersions } from './F20-twoVersions.ts';

/**
 * All fault scenarios, in the order of their numbers. To add one:
 *
 * 1. `test/faults/scenarios/F06-databaseAway.ts` exports a `Scenario` (../support/scenario.ts):
 *    `export const databaseAway: Scenario = { id: 'F6', title: '…', run: async (stage, run) => { … } };`
 * 2. One import and one line here.
 * 3. `npm run faults -- --only F6`.
 *
 * What `run` gets: a stage (../support/faultStage.ts) of its own with three servers on one database, each behind four proxies
 * (`stage.servers[0].links.mongo.set({ kind: 'cutReply', of: mongoCommand('insert', 'payment_transitions'), times: 2 })`), the parts
 * themselves (`stage.sandbox.mongo`, `.redis`, `.anvil`, `.simulator`, each with its `program`), `die` and `revive` of each server,
 * and the helpers of ../support (trade.ts for whole trades, deliveries.ts for webhooks, failPoint.ts for MongoDB's own faults,
 * recovery.ts for the time of a recovery). `stage.call` without a `server` balances over all servers and repeats over their deaths.
 * What is special to the fault is expected inside of `run`, also that the fault did strike (`struck()` of a proxy, `struck` of a
 * fail point). What always holds is not written there: when `run` returns, the runner starts dead servers again, waits for every
 * effect, checks all invariants and that everything acknowledged to `stage.call` is stored.
 * How much is done goes into `numbers` (`run.number('payments')`), which `npm run faults -- --set payments=1000` changes.
 */
export const scenarios: readonly Scenario[] = [
  crashPoints,
  randomKills,
  shuffledDeliveries,
  fourSources,
  replyLost,
  databaseAway,
  databaseErrors,
  redisAway,
  illNode,
  reorganisations,
  payoutTimeout,
  clockJumps,
  wrongPayments,
  sameHash,
  releaseAndRefund,
  orderlyStop,
  fullAndLong,
  clientAway,
  twoVersions,
];
