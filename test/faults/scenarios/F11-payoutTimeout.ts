import { expect } from 'chai';
import { id, zeroPadValue } from 'ethers';
import { eventually } from '../../support/eventually.ts';
import { books } from '../support/audit.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { type Fault, httpText } from '../support/proxy.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { type Json, people } from '../support/stage.ts';
import { type OpenTrade, openTrade, payment, prepare, units } from '../support/trade.ts';

const payoutPath = '/api/v1/BNB-USDT/payout';
const creation = httpText(`POST ${payoutPath}`);
const query = httpText('GET /api/v1/payout/status');
/** The server gives the creation 20 s, and asks about a payout a minute after it asked last. */
const limitMs = 150_000;

/** What happens to the creation of a payout that the provider takes, and what it says when it is asked. */
interface Loss {
  readonly name: string;
  readonly link?: Fault;
  /** The provider's own fault. */
  readonly switches?: Json;
  readonly answer: 200 | 404;
}

const taken: readonly Loss[] = [
  {
    name: 'the connection breaks in place of the answer, and the query says 200',
    link: { kind: 'cutReply', of: creation, times: 1 },
    answer: 200,
  },
  {
    name: 'the provider gives up without a row and sends all the same, and the query says 404',
    switches: { slowBackend: true },
    answer: 404,
  },
  {
    name: 'the answer never comes, and the query says 200',
    link: { kind: 'swallowReply', of: creation, times: 1 },
    answer: 200,
  },
];

interface Forward {
  readonly externalId: string;
  readonly stage: string;
}

const forwardOf = async (stage: FaultStage, trade: OpenTrade) =>
  (await payment(stage, trade.paymentId)).forward as Forward | null;

/** Transfers from the provider's wallet to the payment's vault that are on the chain. */
async function transfersTo(stage: FaultStage, vault: string): Promise<bigint[]> {
  const { deployment } = stage.sandbox.info;
  const topic = (address: string) => zeroPadValue(address, 32);
  const topics = [id('Transfer(address,address,uint256)'), topic(deployment.hotWalletAddress), topic(vault)];
  const filter = { fromBlock: '0x0', toBlock: 'latest', address: deployment.token, topics };
  return ((await stage.chain.rpc('eth_getLogs', [filter])) as { data: string }[]).map(({ data }) => BigInt(data));
}

async function statusAt(stage: FaultStage, externalId: string) {
  const { simulatorUrl, shkeeperApiKey } = stage.sandbox.info;
  const { SHKEEPER_PAYOUT_USER: user, SHKEEPER_PAYOUT_PASSWORD: password } = stage.environment;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const headers = { authorization, 'x-shkeeper-api-key': shkeeperApiKey, 'content-type': 'application/json' };
  const ask = (path: string, init: RequestInit = {}) => fetch(`${simulatorUrl}${path}`, { ...init, headers });
  return {
    status: (await ask(`/api/v1/payout/status?external_id=${externalId}`)).status,
    again: (destination: string) =>
      ask(payoutPath, {
        method: 'POST',
        body: JSON.stringify({ external_id: externalId, amount: '100', destination, fee: '1' }),
      }).then((answer) => answer.text()),
  };
}

/** Pays a trade through the provider and waits until its forward was posted once and asked for. */
async function payAndLose(stage: FaultStage, name: string, trade: OpenTrade): Promise<Forward> {
  const links = stage.links('provider');
  const [posts, queries] = [creation, query].map((needle) => links.map((link) => link.watch(needle)));
  const sum = (counts: readonly (() => number)[] = []) => counts.reduce((total, count) => total + count(), 0);
  await stage.chain.pay(trade.payTo, units('100'));
  await eventually(() => sum(posts) > 0 && sum(queries) > 0, {
    timeoutMs: limitMs,
    what: `${name}: a payout is posted and asked for`,
  });
  expect(sum(posts), `${name}: posted once`).to.equal(1);
  const forward = await forwardOf(stage, trade);
  if (forward === null) throw new Error('the payment has no forward');
  return forward;
}

async function expectOnePayout(stage: FaultStage, trade: OpenTrade, holder = 'held:contract:<p>'): Promise<void> {
  await eventually(async () => (await payment(stage, trade.paymentId)).custody === 'contract', {
    timeoutMs: limitMs,
    what: 'the money is in the vault',
  });
  expect(await transfersTo(stage, trade.vault), 'exactly one payout').to.deep.equal([units('100')]);
  expect(await books(stage, trade.paymentId)).to.deep.equal({
    [`buyer:${people.buyer}`]: -units('100'),
    [holder]: units('100'),
  });
}

async function lose(stage: FaultStage, { name, link, switches = {}, answer }: Loss): Promise<void> {
  const links = stage.links('provider');
  const trade = await openTrade(stage);
  // the money stays where it is until the provider was asked, so that the chain cannot answer first
  await stage.control('switches', { holdPayouts: true, ...switches });
  for (const one of links) one.set(link ?? { kind: 'pass' });
  const forward = await payAndLose(stage, name, trade);
  if (link) expect(links.filter((one) => one.struck() > 0).length, `${name}: the answer was lost`).to.equal(1);
  for (const one of links) one.set({ kind: 'pass' });
  const known = await statusAt(stage, forward.externalId);
  expect(known.status, name).to.equal(answer);
  expect(forward.stage, `${name}: nobody guesses`).to.be.oneOf(['unknown', 'manual']);
  // whoever posts it again is told that it exists, and nothing more is sent
  if (answer === 200) expect(await known.again(trade.vault), name).to.include('already exists');
  await stage.control('switches', { holdPayouts: false, slowBackend: false });
  await expectOnePayout(stage, trade);
}

/** The creation never reached the wallet and the provider knows of nothing: a person decides, and then it is sent once. */
async function neverTaken(stage: FaultStage): Promise<void> {
  const name = 'the creation is lost on the way, and the query says 404';
  const trade = await openTrade(stage);
  await stage.control('switches', { errorStyle: { shape: 'E5', route: 'payout', times: 1 } });
  const forward = await payAndLose(stage, name, trade);
  expect((await stage.control('switches')).errorStyle, `${name}: the fault struck`).to.equal(null);
  expect((await statusAt(stage, forward.externalId)).status, name).to.equal(404);
  await eventually(async () => (await forwardOf(stage, trade))?.stage === 'manual', {
    timeoutMs: limitMs,
    what: `${name}: a person is called`,
  });
  expect(await transfersTo(stage, trade.vault), `${name}: nothing is sent blindly`).to.deep.equal([]);
  const answer = await stage.call('POST', `/api/payment/shkeeper/payout/${forward.externalId}/resolve`, {
    token: stage.token(people.admin, 'admin'),
    body: { outcome: 'notSent' },
  });
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  // the release of the person who decided begins another forward, and is prepared once that has arrived
  await prepare(stage, trade.paymentId, 'release');
  await expectOnePayout(stage, trade, 'pending:contract:<p>');
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.chain.mint(stage.sandbox.info.deployment.hotWalletAddress, units('1000'));
  const chosen = taken.slice(0, run.number('losses'));
  for (const loss of chosen) {
    run.say(loss.name);
    await lose(stage, loss);
  }
  run.say('the creation is lost on the way, and the query says 404');
  await neverTaken(stage);
  run.figure('payouts without an answer', chosen.length + 1);
}

/** The provider does not answer when a payout is created. */
export const payoutTimeout: Scenario = {
  id: 'F11',
  title: 'no answer to the creation of a payout, then 200, 404 or "exists" on asking: exactly one payout',
  stage: { servers: [{}, {}], environment: { PAYOUT_MANUAL_AFTER_SECONDS: '30' } },
  numbers: { losses: { full: taken.length, short: 1 } },
  run,
};
