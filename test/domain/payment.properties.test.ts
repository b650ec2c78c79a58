import { expect } from 'chai';
import fc from 'fast-check';
import { heldBy, heldPayouts, heldTotal, openForward, reservedInContract } from '../../server/domain/facts.ts';
import { account, balanceOf } from '../../server/domain/ledger.ts';
import type { PayoutSource, Signal } from '../../server/domain/signal.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import * as f from './factories.ts';
import { insist } from './insist.ts';
import type { ModelPayment } from './modelPayment.ts';
import { seed } from './seed.ts';
import { own } from './toldWorld.ts';
import { World, wrong } from './world.ts';

type Step = (world: World, payment: ModelPayment, x: number, y: number) => void;
const amountOf = (x: number) => [1n, 5n, 40n, 60n, 95n, 100n, 100n, 100n, 120n][x % 9] ?? 100n;
const tell =
  (make: (state: PaymentState, x: number, y: number) => Signal | null): Step =>
  (world, payment, x, y) => {
    const signal = make(world.state(payment), x, y);
    if (signal !== null) world.tell(payment, signal);
  };
const deliverAll: Step = (world, payment) => {
  while (payment.queue.length > 0) world.deliver(payment);
};

const report = (stage: 'refused' | 'broadcast' | 'manual', x: number): Signal => ({
  kind: 'payoutReported',
  stage,
  txHash: stage === 'broadcast' ? f.txHash(x) : null,
  walletNonce: x,
  reason: 'said so',
});

/** One step of the machine; now and then the wallet's slot is one that is taken. */
const driveForward: Step = (world, payment, x, y) => {
  const forward = openForward(world.state(payment));
  if (forward === null) return;
  const post = { kind: 'payoutUnknown', slot: world.slots + (y % 4 === 0 ? 0 : 1), head: 1010 } as const;
  const words = [
    { kind: 'payoutSubmitted', taskId: 'task' } as const,
    ...(['refused', 'broadcast', 'manual'] as const).map((word) => report(word, x)),
  ];
  const wait = { kind: 'payoutWaiting', reason: `wait ${y}` } as const;
  const signal = forward.postedAtMs !== null ? words[x % words.length] : x % 4 === 0 ? wait : post;
  if (signal !== undefined && world.tell(payment, signal) !== null && signal === post) world.slots += 1;
};

/** Ends the open forward: it arrives, twice by mistake, or is proven dead. What was never posted never arrives. */
const endForward: Step = (world, payment, x, y) => {
  const forward = openForward(world.state(payment));
  if (forward === null || forward.postedAtMs === null) return;
  if (!world.state(payment).arrivals.some((arrival) => arrival.purpose === 'forward') && x % 5 === 0) {
    if (!payment.sent.has(forward.externalId)) world.tell(payment, { kind: 'forwardFailed', proof: 'dead' });
    return;
  }
  if (payment.sent.has(forward.externalId)) return;
  payment.sent.add(forward.externalId);
  world.hotTransfer(payment, forward.amount, y % 2 === 0 ? 'forwardConfirmed' : 'transferConfirmed');
  if (x % 7 === 0) world.hotTransfer(payment, forward.amount, 'transferConfirmed');
};

const prepare: Step = (world, payment, x, y) => {
  const state = world.state(payment);
  const amount = BigInt(1 + (y % 100));
  const [toSeller, toBuyer] = (
    [
      [100n, 0n],
      [0n, 100n],
      [heldBy(state, 'contract'), 0n],
      [amount, 0n],
      [0n, amount],
      [60n, 40n],
      [amount, 1n],
    ] as const
  )[x % 7] ?? [0n, 0n];
  const { seq } = payment.contract;
  const digest = `${payment.id} ${seq} ${toSeller} ${toBuyer} ${payment.payloads.length}`;
  const signal = f.prepared(toSeller, toBuyer, { settleSeq: seq, digest });
  if (world.tell(payment, signal) !== null) payment.payloads.push({ settleSeq: seq, toSeller, toBuyer });
};

/** The chain mines a payload the admins signed, or one of the parties' own. */
const settle: Step = (world, payment, x, y) => {
  const signed = payment.payloads[y % Math.max(1, payment.payloads.length)];
  const { seq: settleSeq, status, remaining } = payment.contract;
  const all = status === 'none' ? 100n : remaining;
  const foreign = [
    { settleSeq, toSeller: all, toBuyer: 0n },
    { settleSeq, toSeller: 0n, toBuyer: all },
  ][x % 2];
  const payload = signed !== undefined && x % 4 > 0 ? signed : foreign;
  if (payload !== undefined) world.settle(payment, payload);
};

/** Voids the open settlement with proof: nothing is unheard, and its payload can never be mined. */
const voidOpen: Step = (world, payment) => {
  const { settlement } = world.state(payment);
  if (settlement === null || payment.queue.length > 0) return;
  payment.payloads.length = 0;
  world.tell(payment, { kind: 'settlementVoided', digest: settlement.digest, proof: 'validUntil passed' });
};

const bump: Step = (world, payment) => {
  if (payment.contract.status === 'closed' || payment.contract.seq > 6) return;
  payment.contract.seq += 1;
  payment.queue.push({
    kind: 'seqBumped',
    movement: world.movement(payment, 0n, own),
    settleSeq: payment.contract.seq,
  });
};

const sources: readonly PayoutSource[] = ['excess:provider', 'held:provider', 'owed:seller', 'owed:buyer'];
const requestPayout: Step = (world, payment, x, y) => {
  const from = sources[x % sources.length] ?? 'excess:provider';
  const state = world.state(payment);
  const names = {
    'excess:provider': account.excess('provider', state.id),
    'held:provider': account.held('provider', state.id),
    'owed:seller': account.owedSeller(state.sellerId, state.id),
    'owed:buyer': account.owedBuyer(state.buyerId, state.id),
  };
  const has = balanceOf(state.balances, names[from], own);
  const amount = y % 3 === 0 ? has : BigInt(1 + (y % 60));
  world.tell(payment, f.payout(from, amount, { payoutId: `${payment.id}-${state.payouts.length}-${x}` }));
};

const endPayout: Step = (world, payment, x, y) => {
  const { payouts } = world.state(payment);
  const payout = payouts[y % Math.max(1, payouts.length)];
  if (payout === undefined || payout.outcome === 'succeeded') return;
  if (x % 3 === 0) {
    world.tell(payment, { kind: 'payoutFailed', n: payout.n, proof: 'dead' });
    return;
  }
  // one in so many dead payouts turns out to have been sent after all
  if (payout.outcome === 'failed' && x % 11 !== 1) return;
  const place = payout.pendingAccount.split(':')[1] as 'provider' | 'treasury' | 'refunds';
  world.put(place, payment, -payout.amount);
  const transfer = x % 2 === 0 ? world.transfer(payment, payout.amount, { receiver: payout.destination }) : null;
  world.tell(payment, { kind: 'payoutSucceeded', n: payout.n, transfer, txHash: f.txHash(y) });
};

const writeOff = tell((state, x, y) => {
  const entry = state.balances[y % Math.max(1, state.balances.length)];
  if (entry === undefined || x % 6 > 0) return null;
  return {
    kind: 'writtenOff',
    account: entry.account,
    asset: entry.asset,
    amount: 1n + (entry.amount * BigInt(x % 2)) / 2n,
  };
});

const passTime: Step = (world, _payment, x) => {
  world.nowMs += (x % 12) * 60_000;
};

/** Everything that can happen, with how often it does. */
const steps: readonly (readonly [number, Step])[] = [
  [
    12,
    (world, payment, x, y) =>
      world.pay(payment, amountOf(x), y % 2 === 0 ? 'vault' : 'provider', y % 13 === 0 ? wrong : own),
  ],
  [1, (world, payment) => world.fundPool(payment)],
  [14, (world, payment) => world.deliver(payment)],
  [14, deliverAll],
  [5, (world, payment, x) => world.reorganise(payment, x)],
  [4, (world, payment, x) => world.remine(payment, amountOf(x))],
  [7, tell(() => f.forwardRequested)],
  [12, driveForward],
  [12, endForward],
  [1, (world, payment, x) => world.hotTransfer(payment, amountOf(x), 'transferConfirmed')],
  [9, prepare],
  [9, settle],
  [2, voidOpen],
  [1, bump],
  [3, (world, payment, x) => world.reclaim(payment, x % 4 === 0 ? amountOf(x) : 0n)],
  [
    3,
    (world, payment, x, y) =>
      world.recover(payment, x % 4 === 0 ? wrong : own, (['anyone', 'seller', 'signer'] as const)[y % 3] ?? 'anyone'),
  ],
  [1, (world, payment, x) => world.refundLater(payment, amountOf(x))],
  [3, (world, payment, x) => world.withdrawCredit(payment, x)],
  [8, requestPayout],
  [8, endPayout],
  [3, tell(() => f.deadlinePassed)],
  [1, tell(() => f.cancelRequested)],
  [3, tell(() => f.lateAccepted)],
  [1, tell((_state, x) => ({ kind: 'hintGiven', hint: String(x % 7) }))],
  [1, tell((_state, x) => ({ kind: 'riskAssessed', hold: x % 4 === 0 }))],
  [1, writeOff],
  [
    1,
    tell((state, x) => ({
      kind: 'providerReported',
      report: f.report({ deliveryKey: `${state.id}-${x}`, address: null }),
    })),
  ],
  [2, passTime],
];
const wheel = steps.flatMap(([weight, step]) => Array.from({ length: weight }, () => step));

/** What must hold of every payment after every step. */
function expectSound(world: World): void {
  for (const [name, amount] of world.logs.totals)
    if (amount < 0n) insist(`${name} is outside`, / (buyer:|platform$)/.test(name), true);
  for (const payment of world.payments) {
    const state = world.state(payment);
    for (const entry of state.balances)
      insist(entry.account, world.logs.totals.get(`${entry.asset} ${entry.account}`), entry.amount);
    const exceptional = state.flags.includes('manual') || state.flags.includes('reorged');
    const reserved = state.settlement?.origin === 'held' ? reservedInContract(state) : 0n;
    const price = heldTotal(state) + reserved + heldPayouts(state);
    const open = state.status === 'completed' ? state.price - state.released - state.refunded : 0n;
    if (!exceptional || state.status !== 'completed') insist(`price of ${state.status}`, price, open);
    if (state.status === 'completed' || state.status === 'released' || state.status === 'refunded')
      insist('funded before released', state.funded, true);
    if (!exceptional && (state.status === 'released' || state.status === 'refunded'))
      insist('given away at the end', state.released + state.refunded, state.price);
    const forward = openForward(state);
    if (forward !== null && (forward.stage === 'requested' || forward.stage === 'waiting'))
      insist('a forward sends no more than is held', forward.amount <= heldBy(state, 'provider'), true);
  }
  const holders = world.payments
    .filter((payment) => world.state(payment).funded)
    .map((payment) => world.state(payment).requestId);
  insist('payments that funded one request', holders.length, new Set(holders).size);
}

const traits = fc.record({ sellerIsPlatform: fc.boolean(), refundIsPlatform: fc.boolean() });
const moves = fc.array(fc.tuple(fc.nat(wheel.length - 1), fc.nat(2), fc.nat(9999), fc.nat(9999)), {
  minLength: 20,
  maxLength: 120,
  size: 'max',
});

describe('a random world', () => {
  const reached = new Map<string, number>();
  const runs = Number(process.env.FAST_CHECK_RUNS ?? 800);

  it(`keeps books that balance and equal the money, whatever happens (seed ${seed}, ${runs} walks)`, () => {
    fc.assert(
      fc.property(fc.tuple(traits, traits, traits), moves, (trait, walk) => {
        const world = new World(trait);
        for (const [spin, who, x, y] of walk) {
          const payment = world.payments[who];
          const step = wheel[spin];
          if (payment === undefined || step === undefined) throw new Error('the wheel is broken');
          step(world, payment, x, y);
          expectSound(world);
          if (world.payments.every(({ queue }) => queue.length === 0)) world.expectBooksEqualMoney();
        }
        for (const payment of world.payments) deliverAll(world, payment, 0, 0);
        expectSound(world);
        world.expectBooksEqualMoney();
        for (const payment of world.payments) {
          const { status, flags } = world.state(payment);
          for (const name of [status, ...flags]) reached.set(name, (reached.get(name) ?? 0) + 1);
        }
      }),
      { seed, numRuns: runs, endOnFailure: process.env.FAST_CHECK_SHRINK === undefined },
    );
  }).timeout(600_000);

  it('came to every end and every exception worth walking to', () => {
    for (const name of [
      'completed',
      'failed',
      'cancelled',
      'released',
      'refunded',
      'manual',
      'reorged',
      'paid_late',
      'overpaid',
      'underpaid',
    ])
      expect(reached.get(name) ?? 0, name).to.be.above(runs / 300);
  });
});
