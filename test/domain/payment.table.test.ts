import { expect } from 'chai';
import { decide, isFinal, table } from '../../server/domain/payment.ts';
import type { Signal, SignalKind } from '../../server/domain/signal.ts';
import { type PaymentState, type PaymentStatus, paymentStatuses } from '../../server/domain/state.ts';
import {
  addresses,
  addressGiven,
  asset,
  cancelRequested,
  confirmed,
  context,
  deadlinePassed,
  forwardRequested,
  fromHotWallet,
  frozen,
  history,
  intent,
  late,
  lateAccepted,
  lateMs,
  movement,
  opened,
  payout,
  prepared,
  report,
  settled,
  toProvider,
  transfer,
  txHash,
} from './factories.ts';

/** The state each column starts from; `settling` and `forwarding` add what signals about those need. */
const lateInVault = confirmed(100n, late);
const plain: Record<PaymentStatus, readonly Signal[]> = {
  pending: [opened, addressGiven],
  processing: [opened, addressGiven, confirmed(40n)],
  completed: [opened, addressGiven, confirmed(100n)],
  failed: [opened, addressGiven, deadlinePassed, lateInVault],
  cancelled: [opened, addressGiven, cancelRequested, lateInVault],
  released: [opened, addressGiven, confirmed(100n), prepared(100n, 0n), settled(100n, 0n)],
  refunded: [opened, addressGiven, confirmed(100n), prepared(0n, 100n), settled(0n, 100n)],
};
const settling = { ...plain };
settling.completed = [...plain.completed, prepared(100n, 0n)];
settling.failed = [...plain.failed, prepared(0n, 100n)];
settling.cancelled = [...plain.cancelled, prepared(0n, 100n)];
const atProvider = { ...plain, completed: [opened, addressGiven, confirmed(100n, toProvider)] };
const forwarding = { ...plain, completed: [...atProvider.completed, forwardRequested] };
const overpaid = (signals: readonly Signal[]) => [...signals, confirmed(7n, toProvider)];
const rich = { ...plain };
for (const status of ['completed', 'failed', 'cancelled', 'released', 'refunded'] as const)
  rich[status] = overpaid(plain[status]);
const reserved = { ...rich };
for (const status of ['completed', 'failed', 'cancelled', 'released', 'refunded'] as const)
  reserved[status] = [...rich[status], payout('excess:provider', 7n)];

const digest = { completed: 'digest-100-0', other: 'digest-0-100' };
const fact = (toSeller: bigint, toBuyer: bigint) => {
  const signal = settled(toSeller, toBuyer);
  if (signal.kind !== 'settlementConfirmed') throw new Error('not a settlement');
  return signal.fact;
};
const seen = (signals: readonly Signal[]): Signal[] => [
  ...signals,
  { kind: 'settlementSeen', fact: signals === settling.completed ? fact(100n, 0n) : fact(0n, 100n) },
];
const seenSettling = {
  ...plain,
  completed: seen(settling.completed),
  failed: seen(settling.failed),
  cancelled: seen(settling.cancelled),
};

/** The signal may depend on what the state before it booked. */
type Sample = Signal | ((state: PaymentState) => Signal);
const newest = (state: PaymentState): Signal => {
  const { arrivals } = state;
  const key = arrivals.at(-1);
  const arrivalKey = key === undefined ? 'nothing' : `${key.chainId}:${key.txHash}:${key.receiver}:${key.tokenAddress}`;
  return { kind: 'transferOrphaned', arrivalKey, epoch: 0 };
};
const ofState = (onCompleted: string) => (state: PaymentState) =>
  state.status === 'completed' ? onCompleted : digest.other;

/**
 * The truth, written by hand. Columns: pending, processing, completed, failed, cancelled, released, refunded. `=` is a change that keeps the
 * status, `-` is no change, `! code` a refusal, a word the next status.
 */
const truth: Record<SignalKind, readonly [string, Sample, Record<PaymentStatus, readonly Signal[]>]> = {
  intentOpened: ['-|-|-|-|-|-|-', opened, plain],
  addressGiven: ['=|=|=|=|=|=|=', addressGiven, withoutAddress(plain)],
  hintGiven: ['=|=|=|=|=|-|-', { kind: 'hintGiven', hint: 'look' }, plain],
  providerReported: ['processing|=|=|=|=|=|=', { kind: 'providerReported', report: report() }, plain],
  transferSeen: ['processing|=|-|-|-|-|-', { kind: 'transferSeen', transfer: transfer(100n) }, plain],
  transferConfirmed: ['completed|completed|=|completed|=|=|=', confirmed(100n), plain],
  transferOrphaned: ['-|pending|pending|=|=|=|=', newest, plain],
  lateAccepted: [
    '! nothing_to_accept|! nothing_to_accept|-|completed|completed|! already_final|! already_final',
    lateAccepted,
    plain,
  ],
  writtenOff: [
    '! amount_exceeds_balance|=|=|=|=|=|=',
    (state) => ({
      kind: 'writtenOff',
      account: state.balances[0]?.account ?? `excess:contract:${state.id}`,
      asset: 'bsc:USDT',
      amount: 1n,
    }),
    rich,
  ],
  strayReceived: [
    everyColumn('! not_applicable'),
    { kind: 'strayReceived', transfer: transfer(1n), asset, marketplaceId: 'market' },
    plain,
  ],
  forwardRequested: [
    '! not_funded|! not_funded|=|! not_funded|! not_funded|! already_final|! already_final',
    forwardRequested,
    atProvider,
  ],
  forwardConfirmed: [
    '=|=|=|=|=|=|=',
    { kind: 'forwardConfirmed', transfer: transfer(100n, fromHotWallet) },
    forwarding,
  ],
  forwardFailed: ['-|-|=|-|-|-|-', { kind: 'forwardFailed', proof: 'refused' }, forwarding],
  deadlinePassed: ['failed|failed|-|-|-|-|-', deadlinePassed, plain],
  cancelRequested: [
    'cancelled|! not_pending|! not_pending|! not_pending|-|! already_final|! already_final',
    cancelRequested,
    plain,
  ],
  settlementPrepared: [
    '! not_funded|! not_funded|=|=|=|! already_final|! already_final',
    (state) => (state.status === 'completed' ? prepared(60n, 0n) : prepared(0n, 100n)),
    plain,
  ],
  settlementSigned: [
    '! no_open_settlement|! no_open_settlement|=|=|=|! already_final|! already_final',
    (state) => ({
      kind: 'settlementSigned',
      digest: ofState(digest.completed)(state),
      index: 0,
      signer: addresses.payer,
      signature: '0x1',
    }),
    settling,
  ],
  settlementSeen: [
    '-|-|=|=|=|-|-',
    (state) => ({ kind: 'settlementSeen', fact: state.status === 'completed' ? fact(100n, 0n) : fact(0n, 100n) }),
    settling,
  ],
  settlementConfirmed: [
    '=|=|released|=|=|=|=',
    (state) => (state.status === 'completed' ? settled(100n, 0n) : settled(0n, 100n, { settleSeq: 3 })),
    settling,
  ],
  settlementOrphaned: ['-|-|=|=|=|-|-', { kind: 'settlementOrphaned', txHash: txHash(900_000) }, seenSettling],
  settlementVoided: [
    '-|-|=|=|=|-|-',
    (state) => ({ kind: 'settlementVoided', digest: ofState(digest.completed)(state), proof: 'expired' }),
    settling,
  ],
  swept: ['-|-|-|-|-|-|-', { kind: 'swept', txHash: txHash(1), source: 1 }, plain],
  delivered: ['=|=|=|=|=|=|=', { kind: 'delivered', txHash: txHash(1) }, plain],
  disputeOpened: ['=|=|=|=|=|=|=', { kind: 'disputeOpened', txHash: txHash(1) }, plain],
  recovered: ['=|=|refunded|=|=|=|=', { kind: 'recovered', movement: movement(100n), closed: true }, plain],
  creditWithdrawn: [
    '=|=|=|=|=|=|=',
    { kind: 'creditWithdrawn', movement: movement(5n), account: addresses.refundTo, redirected: false },
    plain,
  ],
  refundedLater: ['=|=|=|=|=|=|=', { kind: 'refundedLater', movement: movement(5n) }, plain],
  shortfall: ['=|=|=|=|=|=|=', { kind: 'shortfall', movement: movement(5n) }, plain],
  seqBumped: ['-|-|=|=|=|-|-', { kind: 'seqBumped', movement: movement(0n), settleSeq: 1 }, settling],
  riskAssessed: ['=|=|=|=|=|=|=', { kind: 'riskAssessed', hold: true }, plain],
  payoutRequested: ['! not_funded|! not_funded|=|=|=|=|=', payout('excess:provider', 7n), rich],
  payoutOpened: [everyColumn('! not_applicable'), payoutOpened(), plain],
  payoutWaiting: [onForward(), { kind: 'payoutWaiting', reason: 'liquidity' }, forwarding],
  payoutUnknown: [onForward(), { kind: 'payoutUnknown', slot: 1, head: 1010 }, forwarding],
  payoutSubmitted: [
    onForward(),
    { kind: 'payoutSubmitted', taskId: 'task' },
    { ...forwarding, completed: [...forwarding.completed, { kind: 'payoutUnknown', slot: 1, head: 1010 }] },
  ],
  payoutReported: [
    onForward(),
    { kind: 'payoutReported', stage: 'manual', txHash: null, walletNonce: null, reason: 'nobody knows' },
    forwarding,
  ],
  payoutSucceeded: [
    '! payout_not_open|! payout_not_open|=|=|=|=|=',
    { kind: 'payoutSucceeded', n: 1, transfer: null, txHash: null },
    reserved,
  ],
  payoutFailed: [
    '! payout_not_open|! payout_not_open|=|=|=|=|=',
    { kind: 'payoutFailed', n: 1, proof: 'refused' },
    reserved,
  ],
};

function everyColumn(cell: string): string {
  return paymentStatuses.map(() => cell).join('|');
}
function onForward(): string {
  return paymentStatuses.map((status) => (status === 'completed' ? '=' : '! payout_not_open')).join('|');
}
function withoutAddress(states: typeof plain): typeof plain {
  const next = { ...states };
  for (const status of paymentStatuses) next[status] = states[status].filter((signal) => signal !== addressGiven);
  return next;
}
function payoutOpened(): Signal {
  const { state } = history(...forwarding.completed);
  if (state.forward === null) throw new Error('no forward');
  const names = { marketplaceId: 'market', requestId: 'request', offerId: 'offer', buyerId: 'b', sellerId: 's' };
  return {
    kind: 'payoutOpened',
    payout: { source: { paymentId: 'x', n: 1 }, ...names, asset, amount: 1n, machine: state.forward },
  };
}

describe('the table of payments', () => {
  for (const [kind, [line, sample, states]] of Object.entries(truth)) {
    it(`decides ${kind} in every status as the truth table says`, () => {
      const cells = line.split('|');
      const found = paymentStatuses.map((status) => {
        const { state } = history(...states[status]);
        expect(state.status).to.equal(status);
        const signal = frozen(typeof sample === 'function' ? sample(state) : sample);
        const decision = decide(state, signal, context({ seq: 9, nowMs: lateMs }));
        if (decision.outcome === 'refused') return `! ${decision.code}`;
        if (decision.outcome === 'noChange') return '-';
        return decision.state.status === status ? '=' : decision.state.status;
      });
      expect(Object.fromEntries(paymentStatuses.map((status, n) => [status, found[n]]))).to.deep.equal(
        Object.fromEntries(paymentStatuses.map((status, n) => [status, cells[n]])),
      );
    });
  }

  it('has no row the truth table lacks', () => {
    expect(Object.keys(table).sort()).to.deep.equal(Object.keys(truth).sort());
  });

  it('has a cell for every pair of signal and status, and the truth table one for each of them', () => {
    const cells = Object.values(table).map((row) => Object.keys(row).sort());
    expect(cells).to.deep.equal(cells.map(() => [...paymentStatuses].sort()));
    const told = Object.values(truth).map(([line]) => line.split('|').length);
    expect(told).to.deep.equal(told.map(() => paymentStatuses.length));
  });

  it('is frozen, rows and cells included', () => {
    expect(Object.isFrozen(table)).to.equal(true);
    for (const row of Object.values(table)) {
      expect(Object.isFrozen(row)).to.equal(true);
      for (const cell of Object.values(row)) expect(Object.isFrozen(cell)).to.equal(true);
    }
  });

  it('calls released and refunded final, and nothing else', () => {
    expect(paymentStatuses.filter(isFinal)).to.deep.equal(['released', 'refunded']);
  });

  it('knows no payment before an intent or a payout record opens it', () => {
    for (const [kind, [, sample]] of Object.entries(truth)) {
      const opens = kind === 'intentOpened' || kind === 'payoutOpened' || kind === 'strayReceived';
      const decision = decide(null, typeof sample === 'function' ? sample(history(opened).state) : sample, context());
      expect(decision.outcome === 'refused' ? decision.code : decision.outcome, kind).to.equal(
        opens ? 'change' : 'payment_not_found',
      );
    }
  });

  it('opens with the facts of the intent as it was frozen', () => {
    const { state } = history({
      kind: 'intentOpened',
      intent: intent({ vault: addresses.vault.toUpperCase().replace('X', 'x') }),
    });
    expect(state).to.include({
      status: 'pending',
      id: 'a'.repeat(24),
      vault: addresses.vault,
      price: 100n,
      headBlock: 1000,
    });
  });
});
