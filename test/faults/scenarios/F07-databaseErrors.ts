import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { effectsDone, transitions } from '../support/audit.ts';
import { atATime, sendTransfers, untilAll, untilMined } from '../support/crowd.ts';
import { callbackBody, deliver } from '../support/deliveries.ts';
import { withFailPoint } from '../support/failPoint.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { type Answer, people } from '../support/stage.ts';
import { type OpenTrade, openTrade, stepLimitMs } from '../support/trade.ts';

/** What the database does wrong with the next insert of a transition, and what it comes to. */
interface DatabaseError {
  readonly name: string;
  readonly times: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** `through`: the driver's repeat succeeds. `refused`: not stored, and the caller is told to repeat. `stored`: stored, while its caller may be told either. */
  readonly end: 'through' | 'refused' | 'stored';
}

/** Few, since nobody is in a hurry before the errors begin. */
const openedAtOnce = 2;
/** Only the third server works in the background. */
const worker = 2;
const web = { env: { ROLES: 'web' } };
const retryable = ['RetryableWriteError'];
const overloaded = ['SystemOverloadedError', 'RetryableError'];
const concern = (code: number, labels: object = {}) => ({ writeConcernError: { code, errmsg: 'injected' }, ...labels });

/** As the driver is known to treat each (codes of MongoDB's error_codes.yml). */
const errors: readonly DatabaseError[] = [
  { name: 'write concern 64', times: 1, data: concern(64), end: 'stored' },
  { name: 'not primary, twice', times: 2, data: { errorCode: 10_107 }, end: 'refused' },
  { name: 'connection closed once', times: 1, data: { closeConnection: true }, end: 'through' },
  { name: 'connection closed twice', times: 2, data: { closeConnection: true }, end: 'refused' },
  { name: 'not primary, once', times: 1, data: { errorCode: 10_107 }, end: 'through' },
  { name: 'write concern 91 once', times: 1, data: concern(91), end: 'stored' },
  { name: 'write concern 91 twice', times: 2, data: concern(91), end: 'stored' },
  { name: 'shutting down, once', times: 1, data: { errorCode: 91 }, end: 'through' },
  { name: 'interrupted', times: 1, data: { errorCode: 11_601 }, end: 'refused' },
  { name: 'write conflict', times: 1, data: { errorCode: 112 }, end: 'refused' },
  { name: 'time limit', times: 1, data: { errorCode: 50 }, end: 'refused' },
  { name: 'throttled', times: 1, data: { errorCode: 16_500 }, end: 'refused' },
  { name: 'throttled, labelled', times: 1, data: { errorCode: 16_500, errorLabels: retryable }, end: 'through' },
  { name: 'overloaded once', times: 1, data: { errorCode: 462, errorLabels: overloaded }, end: 'through' },
  { name: 'overloaded 3 times', times: 3, data: { errorCode: 462, errorLabels: overloaded }, end: 'refused' },
];

/** One thing a caller asks that becomes one transition, and how the log shows it. */
interface Ask {
  readonly trade: OpenTrade;
  readonly taken: number;
  /** It is answered 503 after a second whatever happens, since a provider waits; then nobody saw how the write ended. */
  readonly hasDeadline: boolean;
  readonly call: (server: number) => Promise<Answer>;
  readonly count: () => Promise<number>;
}

/** Does it under the error on the first server, then repeats it as its caller would, on another one. */
async function askUnder(stage: FaultStage, error: DatabaseError, ask: Ask): Promise<void> {
  const { name, times, data, end } = error;
  const namespace = `${stage.mongo.db().databaseName}.payment_transitions`;
  const { result, struck } = await withFailPoint(
    stage.mongo,
    { commands: ['insert'], mode: { times }, data: { namespace, ...data } },
    () => ask.call(0),
  );
  const said = `${name}: ${result.status} ${JSON.stringify(result.body)}`;
  expect(struck, `${name}: the database struck`).to.be.within(ask.hasDeadline ? 1 : times, times);
  const allowed = { through: [ask.taken], refused: [503], stored: [ask.taken, 503] };
  expect(result.status, said).to.be.oneOf(ask.hasDeadline ? [ask.taken, 503] : allowed[end]);
  if (result.status === 503) {
    expect(Number(result.retryAfter), `${said}: when to repeat`).to.be.greaterThan(0);
    expect(result.body.code, said).to.equal('busy');
  }
  if (!ask.hasDeadline) expect(await ask.count(), `${name}: what is stored`).to.equal(end === 'refused' ? 0 : 1);
  await eventually(
    async () => {
      const repeated = await ask.call(1);
      expect(repeated.status, `${name}, repeated: ${JSON.stringify(repeated.body)}`).to.equal(ask.taken);
      return true;
    },
    { timeoutMs: stepLimitMs, what: `${name}: the repeat is taken` },
  );
  expect(await ask.count(), `${name}: once after the repeat`).to.equal(1);
}

async function countOf(stage: FaultStage, paymentId: string, counts: (step: Record<string, unknown>) => boolean) {
  return (await transitions(stage, paymentId)).filter(counts).length;
}

const cancelOf = (stage: FaultStage, trade: OpenTrade, key: string): Ask => ({
  trade,
  taken: 200,
  hasDeadline: false,
  call: (server) =>
    stage.call('PUT', `/api/payment/${trade.paymentId}`, {
      token: stage.token(people.admin, 'admin'),
      headers: { 'idempotency-key': key },
      body: { status: 'cancelled' },
      server,
    }),
  count: () => countOf(stage, trade.paymentId, (step) => step.to === 'cancelled' && step.from !== 'cancelled'),
});

const deliveryOf = (stage: FaultStage, trade: OpenTrade, txHash: string): Ask => ({
  trade,
  taken: 202,
  hasDeadline: true,
  call: (server) => deliver(stage, callbackBody(trade, txHash, '10'), server),
  count: () =>
    countOf(stage, trade.paymentId, (step) =>
      (step.claims as string[]).some((claim) => claim.startsWith('evt:shkeeper:')),
    ),
});

/** The same fact and the same key at the same moment on every server: real duplicates, which the unique indexes refuse. */
async function duplicates(stage: FaultStage, asks: readonly Ask[]): Promise<void> {
  for (const ask of asks) {
    const answers = await Promise.all(stage.servers.flatMap((_, server) => [ask.call(server), ask.call(server)]));
    for (const { status, retryAfter, body } of answers) {
      // a repeat may meet the first one under way, and is told so
      expect(status, JSON.stringify(body)).to.be.oneOf([ask.taken, 409, 503]);
      if (status === 503) expect(Number(retryAfter)).to.be.greaterThan(0);
      if (status === 409) expect(body.code).to.equal('idempotency_key_in_use');
    }
    expect(answers.some(({ status }) => status === ask.taken)).to.equal(true);
    expect(await ask.count(), 'once').to.equal(1);
  }
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const chosen = errors.slice(0, run.number('errors'));
  // one more of each for the real duplicates
  const numbers = Array.from({ length: 2 * (chosen.length + 1) }, (_, n) => n);
  const trades = await atATime(numbers, openedAtOnce, (n) => openTrade(stage, { price: '10', buyer: `buyer-${n}` }));
  const toPay = trades.slice(chosen.length + 1);
  await effectsDone(stage);
  // nobody works in the background, so the error meets our own calls and no others
  await stage.servers[worker]?.die();
  await stage.chain.rpc('evm_setIntervalMining', [0]);
  const hashes = await sendTransfers(
    stage,
    toPay.map(({ vault }) => ({ to: vault, amount: '10' })),
  );
  const deliveries = toPay.map((trade, index) => deliveryOf(stage, trade, hashes[index] ?? ''));
  const cancels = trades
    .slice(0, chosen.length + 1)
    .map((trade, n) => cancelOf(stage, trade, `cancel-${n}-${run.random()}`));
  for (const [index, error] of chosen.entries()) {
    run.say(error.name);
    for (const ask of [cancels[index], deliveries[index]]) if (ask) await askUnder(stage, error, ask);
  }
  await stage.servers[worker]?.revive();
  await duplicates(stage, [...cancels.slice(-1), ...deliveries.slice(-1)]);
  await stage.chain.rpc('evm_setIntervalMining', [1]);
  await untilMined(stage, hashes);
  await untilAll(stage, toPay, 'completed', stepLimitMs);
  for (const { paymentId } of toPay) {
    const completed = await countOf(stage, paymentId, (step) => step.to === 'completed' && step.from !== 'completed');
    expect(completed, `${paymentId}: completed once`).to.equal(1);
  }
  run.figure('errors', chosen.length);
  run.figure('calls under an error', chosen.length * 2);
}

/** The database itself answers a write with an error. */
export const databaseErrors: Scenario = {
  id: 'F7',
  title:
    'each error that MongoDB can answer an insert with, and real duplicates: passed, or 503 with Retry-After and repeated, never doubled',
  stage: { servers: [web, web, {}] },
  numbers: { errors: { full: errors.length, short: 2 } },
  run,
};
