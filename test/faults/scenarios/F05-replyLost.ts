import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { transitions } from '../support/audit.ts';
import { callbackBody, deliver } from '../support/deliveries.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { type Fault, mongoCommand } from '../support/proxy.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { openTrade, stepLimitMs, units, untilPayment } from '../support/trade.ts';

const insert = mongoCommand('insert', 'payment_transitions');
/** Once the driver repeats by itself; twice it gives up, and the coordinator has to read back. */
const faults: readonly (readonly [string, Fault])[] = [
  ['cut twice', { kind: 'cutReply', of: insert, times: 2 }],
  ['cut once', { kind: 'cutReply', of: insert, times: 1 }],
  ['swallowed once', { kind: 'swallowReply', of: insert, times: 1 }],
  ['swallowed twice', { kind: 'swallowReply', of: insert, times: 2 }],
];

/** Does the work on the first server while its replies get lost. */
async function withFault<T>(stage: FaultStage, name: string, fault: Fault, work: () => Promise<T>): Promise<T> {
  const link = stage.servers[0]?.links.mongo;
  if (!link) throw new Error('the stage has no server');
  const inserts = link.watch(insert);
  link.set(fault);
  try {
    const result = await work();
    const wanted = 'times' in fault ? fault.times : 0;
    expect(link.struck(), `${name}: the fault struck`).to.equal(wanted);
    expect(inserts(), `${name}: the proxy saw every try`).to.be.at.least(wanted);
    return result;
  } finally {
    link.set({ kind: 'pass' });
  }
}

/** The same call again and again while the outcome is unknown, as every caller does. */
async function intentUnderFault(stage: FaultStage, name: string, fault: Fault): Promise<void> {
  const trade = await withFault(stage, name, fault, () => openTrade(stage, { server: 0 }));
  const history = await transitions(stage, trade.paymentId);
  expect(history.filter((step) => step.kind === 'intentOpened')).to.have.length(1);
  const ofRequest = { requestId: trade.requestId };
  expect(await stage.mongo.db().collection('payments').countDocuments(ofRequest), 'one payment').to.equal(1);
}

async function deliveryUnderFault(stage: FaultStage, name: string, fault: Fault): Promise<void> {
  const trade = await openTrade(stage);
  const txHash = await stage.chain.pay(trade.payTo, units('100'));
  const body = callbackBody(trade, txHash);
  await withFault(stage, name, fault, async () => {
    await eventually(
      async () => {
        const answer = await deliver(stage, body, 0);
        expect(answer.status).to.be.oneOf([202, 503]);
        return answer.status === 202;
      },
      { timeoutMs: stepLimitMs, what: 'the delivery is taken' },
    );
    await untilPayment(stage, trade.paymentId, { status: 'completed' });
    const link = stage.servers[0]?.links.mongo;
    // another server may have told the fact first; then the next change of any payment here meets the fault
    if (link?.struck() === 0) await openTrade(stage, { server: 0 });
    await eventually(() => link?.struck() === ('times' in fault ? fault.times : 0), {
      timeoutMs: stepLimitMs,
      what: 'the fault is used up',
    });
  });
  const history = await transitions(stage, trade.paymentId);
  expect(history.filter((step) => step.to === 'completed' && step.from !== 'completed')).to.have.length(1);
  expect(history.filter((step) => step.kind === 'transferConfirmed')).to.have.length(1);
}

async function cancelUnderFault(stage: FaultStage, name: string, fault: Fault): Promise<void> {
  const trade = await openTrade(stage);
  await withFault(stage, name, fault, () =>
    eventually(
      async () => {
        const answer = await stage.call('PUT', `/api/payment/${trade.paymentId}`, {
          token: stage.token(people.buyer, 'buyer'),
          body: { status: 'cancelled' },
          server: 0,
        });
        expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 503]);
        return answer.status === 200;
      },
      { timeoutMs: stepLimitMs, what: 'the payment is cancelled' },
    ),
  );
  const history = await transitions(stage, trade.paymentId);
  expect(history.filter((step) => step.to === 'cancelled' && step.from !== 'cancelled')).to.have.length(1);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const chosen = faults.slice(0, run.number('faults'));
  for (const [name, fault] of chosen) {
    run.say(`the reply is ${name}`);
    await intentUnderFault(stage, name, fault);
    await cancelUnderFault(stage, name, fault);
    await deliveryUnderFault(stage, name, fault);
  }
  run.figure('lost replies', chosen.length * 3);
}

/** The insert is applied and its reply never arrives. */
export const replyLost: Scenario = {
  id: 'F5',
  title: 'a reply lost after the insert was applied (cut or swallowed, once or twice) is resolved and never doubled',
  numbers: { faults: { full: faults.length, short: 1 } },
  run,
};
