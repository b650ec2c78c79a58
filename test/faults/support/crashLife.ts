import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { audit, books, transitions } from './audit.ts';
import { mongoCommand, startProxy } from './proxy.ts';
import { auditAcknowledged } from './recorder.ts';
import { type Solo, startSolo } from './solo.ts';
import { people, type Stage } from './stage.ts';
import {
  confirm,
  limitOf,
  type OpenTrade,
  openIntent,
  openTrade,
  payment,
  prepare,
  sign,
  stepLimitMs,
  units,
  untilPayment,
} from './trade.ts';

/** What happens to a payment whose server dies on the way; the end is always the same as without a death. */
export type Life = (solo: Solo) => Promise<void>;

/** A payment from the intent to its release. */
const trade: Life = async (solo) => {
  await release(solo, await openTrade(solo));
};

/** A trade that the provider calls nobody about. */
async function openUncalled(solo: Solo): Promise<OpenTrade> {
  const opened = await openTrade(solo);
  await solo.control('switches', { externalId: `AMN_${opened.paymentId}`, noCallback: true });
  return opened;
}

/** The same, while the provider calls nobody: the chain monitor finds the money. */
const uncalled: Life = async (solo) => {
  await release(solo, await openUncalled(solo));
};

/** The poller's first look comes 5 s after the lease of the question for the address, which is 45 s long. */
const firstPollMs = 50_000;

/** The same, while nobody looks at the chain either: the poller finds the money. */
const polled: Life = async (solo) => {
  const opened = await openUncalled(solo);
  await solo.chain.pay(opened.payTo, units('100'));
  await eventually(async () => (await payment(solo, opened.paymentId)).status === 'completed', {
    timeoutMs: firstPollMs + stepLimitMs,
    what: 'the poller finds the money',
  });
  await releasePaid(solo, opened);
};

/** The same, with the buyer's word for his transaction; the provider calls nobody. */
const hinted: Life = async (solo) => {
  const opened = await openUncalled(solo);
  const transactionHash = await solo.chain.pay(opened.payTo, units('100'));
  const answer = await solo.call('POST', '/api/payment/shkeeper/confirm-transaction', {
    token: solo.token(people.buyer, 'buyer'),
    body: { paymentId: opened.paymentId, transactionHash },
  });
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  await releasePaid(solo, opened);
};

/** A payment and, paid as well, another one for the same request: its money is nobody's price, and an alarm calls a person. */
const paidTwice: Life = async (solo) => {
  const first = await openTrade(solo);
  const second = await openIntent(
    solo,
    { token: solo.token(people.buyer, 'buyer') },
    { purchaseRequestId: first.requestId, sellerOfferId: first.rivalOfferId, sellerId: people.rival, amount: 250 },
  );
  await solo.chain.pay(first.vault, units('100'));
  await untilPayment(solo, first.paymentId, { status: 'completed', custody: 'contract' });
  await solo.chain.pay(String(second.vault), units('250'));
  await eventually(
    async () => {
      await payment(solo, String(second.paymentId)); // asks the server, which is started again when it is dead
      const steps = await transitions(solo, String(second.paymentId));
      return steps.some((step) => JSON.stringify(step.effects).includes('request_already_funded'));
    },
    { timeoutMs: stepLimitMs, what: 'the second payment calls a person' },
  );
  await audit(solo);
};

/** A trade whose seller's share goes to the treasury and from there by a payout. */
const payout: Life = async (solo) => {
  const trade = await openTrade(solo, { payoutAddress: null });
  const owed = `owed:seller:${people.seller}:<p>`;
  await release(solo, trade, owed);
  const pay = () =>
    solo.call('POST', '/api/payment/shkeeper/payout', {
      token: solo.token(people.admin, 'admin'),
      headers: { 'idempotency-key': `payout-${trade.paymentId}` },
      body: {
        purchaseRequestId: trade.requestId,
        sellerOfferId: trade.offerId,
        buyerId: people.buyer,
        sellerId: people.seller,
        amount: 99,
        recipientAddress: solo.sandbox.info.deployment.sellerAddress,
      },
    });
  // the first call may have died with its server; until its record is given up after 60 s, its repeat is told that it still runs
  const answer = await eventually(
    () => pay().then((given) => (given.body.code === 'idempotency_key_in_use' ? null : given)),
    { timeoutMs: 2 * limitOf(solo), what: 'the payout is asked for' },
  );
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  await eventually(
    async () => {
      await payment(solo, trade.paymentId); // asks the server, which is started again when it is dead
      expect(await books(solo, trade.paymentId)).to.deep.equal(finalBooks(`paid:seller:${people.seller}`));
      return true;
    },
    { timeoutMs: limitOf(solo), what: 'the seller is paid' },
  );
  await audit(solo);
};

const finalBooks = (share: string) => ({
  [`buyer:${people.buyer}`]: -units('100'),
  [share]: units('99'),
  'fees:main': units('1'),
});

/** Pays and releases an open trade. */
export async function release(solo: Solo, trade: OpenTrade, share?: string): Promise<void> {
  await solo.chain.pay(trade.payTo, units('100'));
  await releasePaid(solo, trade, share);
}

async function releasePaid(solo: Solo, trade: OpenTrade, share = `paid:seller:${people.seller}`): Promise<void> {
  await untilPayment(solo, trade.paymentId, { status: 'completed', custody: 'contract' });
  const transaction = await sign(solo, trade.paymentId, 'release', await prepare(solo, trade.paymentId, 'release'));
  const txHash = await solo.chain.send(transaction as { to: string; data: string; value: string });
  await confirm(solo, trade.paymentId, 'release', txHash);
  await untilPayment(solo, trade.paymentId, { status: 'released', escrowState: 'released' });
  await eventually(
    async () => {
      const answer = await solo.call('GET', `/api/requests/${trade.requestId}`, {
        token: solo.token(people.admin, 'admin'),
      });
      return answer.data.status === 'seller_paid';
    },
    { timeoutMs: limitOf(solo), what: 'the request follows' },
  );
  expect(await books(solo, trade.paymentId)).to.deep.equal(finalBooks(share));
  const history = await transitions(solo, trade.paymentId);
  const completions = history.filter((step) => step.to === 'completed' && step.from !== 'completed');
  expect(completions).to.have.length(1);
  await audit(solo);
}

/** The answer about a payout never comes, so nobody may guess: it ends unknown, then with a person, who ends it. */
const unanswered: Life = async (solo) => {
  const trade = await openTrade(solo);
  await solo.chain.pay(trade.payTo, units('100'));
  await untilPayment(solo, trade.paymentId, { status: 'completed', custody: 'provider', exception: 'manual' });
  const token = solo.token(people.admin, 'admin');
  const { forward } = await payment(solo, trade.paymentId);
  const externalId = String((forward as { externalId: string }).externalId);
  const answer = await solo.call('POST', `/api/payment/shkeeper/payout/${externalId}/resolve`, {
    token,
    body: { outcome: 'notSent' },
  });
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  // the admin's next step, a release, begins a new forward under a new external id
  await prepare(solo, trade.paymentId, 'release');
  const after = await payment(solo, trade.paymentId);
  expect(after.custody).to.equal('contract');
  await audit(solo);
};

/** The lives of payments, by name. */
export const lives = { trade, uncalled, polled, hinted, paidTwice, payout, unanswered } satisfies Record<string, Life>;

/** Where a server dies, and in what life. */
export interface Death {
  /** As in CRASH_AT. */
  readonly at: string;
  readonly life: keyof typeof lives;
  /** What else the server is told; `ROLES` holds until its death. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Lives through one death on a database of its own; answers the seconds of the recovery. */
export function liveAndDie(stage: Stage, { at, life, env = {} }: Death): Promise<number> {
  return dieAtEach(stage, [at], { life, env }, async (solo) => Math.max(...(await solo.recoveries())));
}

/** The same through several deaths, one after the other: each restarted server dies at the next place. */
export function liveAndDieAtEach(stage: Stage, places: readonly string[], life: Death['life']): Promise<void> {
  return dieAtEach(stage, places, { life, env: {} }, async () => undefined);
}

async function dieAtEach<T>(
  stage: Stage,
  [first = '', ...later]: readonly string[],
  { life, env }: Required<Pick<Death, 'life' | 'env'>>,
  end: (solo: Solo) => Promise<T>,
): Promise<T> {
  const name = `solo-${first.replaceAll(/[^A-Za-z0-9]+/g, '-')}`.slice(0, longestName);
  const solo = await startSolo(stage, name, { CRASH_AT: first, ...env }, later);
  const next = () => [first, ...later][solo.deaths()] ?? 'no more';
  try {
    await lives[life](solo);
    expect(solo.deaths(), `each place was passed; the next would be ${next()}`).to.equal(later.length + 1);
    await auditAcknowledged(solo, solo.recorder);
    return await end(solo);
  } catch (error) {
    const log = solo.server.process().lastLines(12);
    const where = `after ${solo.deaths()} crashes beginning at ${first}, the next at ${next()}`;
    throw new Error(`${where}; the end of the log:\n${log}`, { cause: error });
  } finally {
    await solo.close();
  }
}

/** Dies when its insert was applied and the reply is still on its way, which no label of the server can tell. */
export async function dieUnread(stage: Stage): Promise<number> {
  const uri = new URL(stage.sandbox.info.mongodbUri);
  const proxy = await startProxy(Number(uri.port));
  const name = 'solo-unread';
  const solo = await startSolo(stage, name, {
    MONGODB_URI: `mongodb://127.0.0.1:${proxy.port}/${name}?directConnection=true`,
  });
  try {
    const opened = await openTrade(solo);
    proxy.set({ kind: 'swallowReply', of: mongoCommand('insert', 'payment_transitions'), times: 1 });
    const killed = eventually(() => proxy.struck() === 1, { timeoutMs: stepLimitMs, what: 'a reply is held back' })
      .then(() => solo.server.kill('SIGKILL'))
      .then(() => proxy.set({ kind: 'pass' }));
    await Promise.all([killed, release(solo, opened)]);
    expect(solo.deaths()).to.equal(1);
    return Math.max(...(await solo.recoveries()));
  } finally {
    await solo.close();
    await proxy.close();
  }
}

/** MongoDB takes names of databases below 64 bytes. */
const longestName = 60;
