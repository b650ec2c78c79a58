import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { signBody } from '../../../server/providers/shkeeper/signature.ts';
import { eventually } from '../../support/eventually.ts';
import { books, transitions } from '../support/audit.ts';
import { callbackBody } from '../support/deliveries.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { callAt, people } from '../support/stage.ts';
import { openTrade, stepLimitMs, units, untilPayment } from '../support/trade.ts';

const hourMs = 3_600_000;
const preload = new URL('../support/shiftedClock.ts', import.meta.url).href;
/** The server whose clock is right; people talk to it. */
const right = 2;
const [ahead, behind] = [0, 1];

/** The wall clock of one server; a jump is over when the server lives by it. */
interface Clock {
  jump(ms: number): Promise<void>;
}

/** Restarts every server on a wall clock of its own. */
async function giveClocks(stage: FaultStage): Promise<Clock[]> {
  const clocks: Clock[] = [];
  for (const server of stage.servers) {
    const file = path.join(stage.directory, `clock-${server.name}`);
    writeFileSync(file, '0');
    await server.die();
    await server.revive({ NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_FILE: file });
    clocks.push({
      async jump(ms) {
        writeFileSync(file, String(ms));
        await eventually(() => readFileSync(`${file}.seen`, 'utf8') === String(ms), {
          timeoutMs: stepLimitMs,
          what: `${server.name} lives ${ms} ms off`,
        });
      },
    });
  }
  return clocks;
}

/** Delivers a callback that was signed this long ago; answers the status. */
async function deliverSigned(stage: FaultStage, server: number, body: string, ageMs: number): Promise<number> {
  const timestamp = Math.floor((Date.now() - ageMs) / 1000);
  const headers = {
    'content-type': 'application/json',
    'x-shkeeper-timestamp': String(timestamp),
    'x-shkeeper-signature': signBody(stage.sandbox.info.shkeeperApiKey, timestamp, Buffer.from(body)),
  };
  const url = String(stage.servers[server]?.url);
  return (await callAt(url, 'POST', '/api/payment/shkeeper/webhook', { body, headers })).status;
}

const refused = [400, 401, 403];

/** The window holds by each server's own clock: what is an hour old or an hour early is refused, whoever signed it. */
async function expectWindow(stage: FaultStage, body: string): Promise<void> {
  expect(await deliverSigned(stage, ahead, body, 0), 'an hour old to the one ahead').to.be.oneOf(refused);
  expect(await deliverSigned(stage, behind, body, 0), 'an hour early to the one behind').to.be.oneOf(refused);
  expect(await deliverSigned(stage, right, body, hourMs), 'an hour old').to.be.oneOf(refused);
  expect(await deliverSigned(stage, right, body, -hourMs), 'an hour early').to.be.oneOf(refused);
}

async function jumpApart(stage: FaultStage, clocks: readonly Clock[]): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const [unpaid, paid] = await Promise.all([openTrade(stage, { server: right }), openTrade(stage, { server: right })]);
  const txHash = await stage.chain.pay(paid.vault, units('100'));
  await untilPayment(stage, paid.paymentId, { status: 'completed' }, right);
  await Promise.all([clocks[ahead]?.jump(hourMs), clocks[behind]?.jump(-hourMs)]);

  const ofPaid = callbackBody(paid, txHash);
  await expectWindow(stage, ofPaid);
  expect(await deliverSigned(stage, right, ofPaid, 0), 'fresh by the right clock').to.be.oneOf([202, 503]);
  // for the server ahead the time to pay is over
  await untilPayment(stage, unpaid.paymentId, { status: 'failed' }, right);
  // and for none of them it is over again, also when the clocks change places
  await Promise.all([clocks[ahead]?.jump(-hourMs), clocks[behind]?.jump(hourMs)]);
  await stage.chain.pay(unpaid.vault, units('100'));
  await eventually(
    async () => {
      expect(await books(stage, unpaid.paymentId)).to.have.property(`buyer:${people.buyer}`, -units('100'));
      return true;
    },
    { timeoutMs: stepLimitMs, what: 'the money that came after it is recorded' },
  );
  await Promise.all([clocks[ahead]?.jump(0), clocks[behind]?.jump(0)]);
  const expiries = (await transitions(stage, unpaid.paymentId)).filter((step) => step.kind === 'deadlinePassed');
  expect(expiries, 'it expired once').to.have.length(1);
  const kept = await transitions(stage, paid.paymentId);
  expect(
    kept.filter((step) => step.kind === 'deadlinePassed'),
    'what is paid never expires',
  ).to.deep.equal([]);
  await untilPayment(stage, paid.paymentId, { status: 'completed' }, right);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  const clocks = await giveClocks(stage);
  const rounds = run.number('rounds');
  for (let round = 0; round < rounds; round += 1) {
    run.say(`round ${round + 1}: one server an hour ahead, one an hour behind`);
    await jumpApart(stage, clocks);
  }
  run.figure('jumps', rounds * 6);
}

/** The clocks of two servers are set wrong while they run. */
export const clockJumps: Scenario = {
  id: 'F12',
  title:
    'clocks jump an hour ahead and an hour back, and servers disagree: no double expiry, the signature window holds',
  numbers: { rounds: { full: 2, short: 1 } },
  run,
};
