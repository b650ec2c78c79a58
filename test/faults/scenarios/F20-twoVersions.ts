import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { books, effectsDone, transitions } from '../support/audit.ts';
import { callbackBody, deliver } from '../support/deliveries.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { auditBy, newEffect, newKind, newRules, nextVersion, note } from '../support/nextVersion.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { type OpenTrade, openTrade, settle, stepLimitMs, units, untilPayment } from '../support/trade.ts';

/** Servers of the stage. */
const older = 0;
const newer = 1;

const finalBooks = {
  [`buyer:${people.buyer}`]: -units('100'),
  [`paid:seller:${people.seller}`]: units('99'),
  'fees:main': units('1'),
};

const hint = (stage: FaultStage, { paymentId }: OpenTrade, transactionHash: string, server: number) =>
  stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
    token: stage.token(people.buyer, 'buyer'),
    body: { paymentId, transactionHash },
    server,
  });

const tailOf = async (stage: FaultStage, { paymentId }: OpenTrade) => (await transitions(stage, paymentId)).at(-1);

async function release(stage: FaultStage, trade: OpenTrade): Promise<void> {
  await settle(stage, trade.paymentId, 'release');
  // another server than the one that did it may show it a moment later
  await untilPayment(stage, trade.paymentId, { status: 'released' });
  expect(await books(stage, trade.paymentId)).to.deep.equal(finalBooks);
}

/** Both versions work on one payment, whoever is asked; what the older one cannot take for a moment the callers repeat. */
async function tradeOfBoth(stage: FaultStage): Promise<void> {
  const trade = await openTrade(stage);
  const txHash = await stage.chain.pay(trade.payTo, units('100'));
  await eventually(async () => (await hint(stage, trade, txHash, newer)).status === 200, {
    timeoutMs: stepLimitMs,
    what: 'the buyer is heard',
  });
  for (const server of [older, newer])
    await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' }, server);
  await release(stage, trade);
}

/** The newer version changes a payment and dies before anything follows from it; then the older one is alone with it. */
async function leaveBehind(stage: FaultStage): Promise<OpenTrade> {
  const trade = await openTrade(stage, { server: older });
  await stage.servers[newer]?.die();
  await stage.servers[newer]?.revive({ CRASH_AT: `afterInsert@user:${people.buyer}/${newKind}:1` });
  await hint(stage, trade, `0x${'ab'.repeat(32)}`, newer).catch(() => undefined);
  const tail = await eventually(
    async () => {
      const found = await tailOf(stage, trade);
      return found?.kind === newKind && stage.servers[newer]?.isRunning() === false ? found : null;
    },
    { timeoutMs: stepLimitMs, what: 'the newer version is gone after its step' },
  );
  expect(tail.effects.map(({ type }: { type: string }) => type)).to.include(newEffect);
  return trade;
}

/** Nobody who asks the older version about such a payment gets anything but "repeat". */
async function expectRefused(stage: FaultStage, trade: OpenTrade): Promise<number> {
  const token = stage.token(people.buyer, 'buyer');
  const path = `/api/payment/${trade.paymentId}`;
  const answers = await Promise.all([
    hint(stage, trade, `0x${'cd'.repeat(32)}`, older),
    stage.call('PUT', path, { token, body: { status: 'cancelled' }, server: older }),
    stage.call('GET', `${path}/events?after=0`, { token, server: older }),
    deliver(stage, callbackBody(trade, `0x${'ef'.repeat(32)}`), older),
  ]);
  for (const { status, body, retryAfter } of answers) {
    expect([status, body.code], JSON.stringify(body)).to.deep.equal([503, 'busy']);
    expect(retryAfter, 'it says when to repeat').to.be.a('string');
  }
  return answers.length;
}

/** A rolled back deploy: the older version alone serves every payment but that one, which it leaves exactly as it is. */
async function olderAlone(stage: FaultStage, trade: OpenTrade): Promise<number> {
  const before = await tailOf(stage, trade);
  await stage.chain.pay(trade.vault, units('100'));
  let refused = await expectRefused(stage, trade);
  const other = await openTrade(stage);
  await stage.chain.pay(other.vault, units('100'));
  await untilPayment(stage, other.paymentId, { status: 'completed' });
  await release(stage, other);
  await eventually(
    async () =>
      (await transitions(stage, other.paymentId)).every(({ relay }) => relay.done && relay.parked.length === 0),
    { timeoutMs: stepLimitMs, what: 'the effects of the other payment' },
  );
  refused += await expectRefused(stage, trade);
  expect(await tailOf(stage, trade), 'no step, no copy, no attempt at its effects').to.deep.equal(before);
  const row = await stage.mongo
    .db()
    .collection('payments')
    .findOne({ _id: trade.paymentId as never });
  expect(row?.version).to.be.lessThan(before?.seq);
  return refused;
}

/** The older version starts again beside the newer one, and changes nothing that the newer one set up. */
async function restartOlder(stage: FaultStage): Promise<void> {
  await stage.servers[older]?.die();
  await stage.servers[older]?.revive();
  const [found] = await stage.mongo.db().listCollections({ name: 'payment_transitions' }).toArray();
  expect(JSON.stringify(found), 'the rules of the newer version').to.include(newRules);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await Promise.all(Array.from({ length: run.number('trades') }, () => tradeOfBoth(stage)));
  run.say('both versions on the same payments');
  const trade = await leaveBehind(stage);
  run.figure('calls refused', await olderAlone(stage, trade));
  run.say('the older version alone');
  const { code, violations } = await auditBy(stage, {});
  expect(code, 'an audit of the older version cannot say that all holds').to.equal(1);
  expect(JSON.stringify(violations))
    .to.include((await tailOf(stage, trade))?._id)
    .and.include('newer version');
  await stage.servers[newer]?.revive();
  await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' }, newer);
  await release(stage, trade);
  await effectsDone(stage);
  const noted = { paymentId: trade.paymentId, reason: note };
  expect(await stage.mongo.db().collection('audit_log').countDocuments(noted), 'the effect, once').to.equal(1);
  await restartOlder(stage);
  await tradeOfBoth(stage);
  run.figure('payments released', run.number('trades') + 3);
}

/** Two versions of the server, the newer one with words that the older one does not know. */
export const twoVersions: Scenario = {
  id: 'F20',
  title:
    'two versions of the server at once: the older one refuses what it does not know, on that payment alone, and the newer one goes on with it',
  stage: { servers: [{}, { env: nextVersion }] },
  numbers: { trades: { full: 6, short: 1 } },
  run,
  async audit(stage) {
    await effectsDone(stage);
    const { code, violations } = await auditBy(stage, nextVersion);
    expect(violations).to.deep.equal([]);
    expect(code).to.equal(0);
  },
};
