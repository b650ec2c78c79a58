import { expect } from 'chai';
import { arrivalKey } from '../../server/domain/claim.ts';
import { decide } from '../../server/domain/payment.ts';
import { type PayoutMachine, type PayoutStage, payoutStages } from '../../server/domain/payout.ts';
import { advance, isProvenDead, type MachineSignal, requestedMachine } from '../../server/domain/payoutMachine.ts';
import type { Signal, SignalOf } from '../../server/domain/signal.ts';
import type { PayoutState, State } from '../../server/domain/state.ts';
import * as f from './factories.ts';

const machine = requestedMachine({
  externalId: 'source-9-0',
  coin: 'BNB-USDT',
  wallet: f.addresses.hotWallet,
  destination: f.addresses.refundTo,
  amount: 95n,
  callbackUrl: 'https://example.org/payout',
  requestedAtMs: f.startMs,
});
const facts = {
  source: { paymentId: 'source', n: 1 },
  marketplaceId: 'market',
  requestId: 'request',
  offerId: 'offer',
  buyerId: 'buyer1',
  sellerId: 'seller1',
  asset: f.asset,
  amount: 95n,
};
const open = (fields: Partial<PayoutMachine> = {}): Signal => ({
  kind: 'payoutOpened',
  payout: { ...facts, machine: { ...machine, ...fields } },
});
const unknown: Signal = { kind: 'payoutUnknown', slot: 3, head: 1010 };
const submitted: Signal = { kind: 'payoutSubmitted', taskId: 'task' };
const reported = (
  stage: 'refused' | 'reportedFailed' | 'broadcast' | 'manual',
  txHash: string | null = null,
): Signal => ({
  kind: 'payoutReported',
  stage,
  txHash,
  walletNonce: 5,
  reason: 'said so',
});
const succeeded: SignalOf<'payoutSucceeded'> = { kind: 'payoutSucceeded', n: 1, transfer: null, txHash: f.txHash(1) };
const failed: Signal = { kind: 'payoutFailed', n: 1, proof: 'reverted' };

function record(...signals: readonly Signal[]) {
  let state: State | null = null;
  let last = null;
  for (const signal of signals) {
    last = f.changed(decide(state, f.frozen(signal), f.context({ paymentId: 'payout1' })));
    state = f.frozen(last.state);
  }
  if (last === null) throw new Error('a record needs a signal');
  return { change: last, state: last.state as PayoutState };
}
function outcome(signals: readonly Signal[], signal: Signal, lostClaims = new Set<string>()): string {
  const decision = decide(record(...signals).state, signal, f.context({ lostClaims }));
  return decision.outcome === 'refused' ? decision.code : decision.outcome;
}

describe('the record of a payout', () => {
  it('opens pending, is driven, and posts no legs', () => {
    const { change, state } = record(open());
    expect(state).to.include({ direction: 'out', status: 'pending', price: 95n, id: 'payout1' });
    expect(f.effects(change)).to.deep.equal(['drivePayout', 'payout.created']);
    expect(outcome([open()], open())).to.equal('noChange');
  });

  it("claims its one POST and the wallet's slot, and waits when the slot is taken", () => {
    const slot = `slot:bsc:${f.addresses.hotWallet}:000000003`;
    const { change, state } = record(open(), unknown);
    expect(change.claims).to.deep.equal(['post:source-9-0', slot]);
    expect(state.status).to.equal('processing');
    expect(f.effects(change)).to.deep.equal(['payout.updated']);
    expect(outcome([open()], unknown, new Set([slot]))).to.equal('noChange');
    expect(outcome([open(), unknown], unknown)).to.equal('noChange');
  });

  it('ends with success, reports it once and stays ended', () => {
    const before = [open(), unknown, submitted, reported('broadcast', f.txHash(1))];
    const { change, state } = record(...before, succeeded);
    expect([state.status, state.machine.stage, state.machine.txHash]).to.deep.equal([
      'completed',
      'confirmed',
      f.txHash(1),
    ]);
    expect(f.effects(change)).to.deep.equal(['report succeeded', 'payout.completed']);
    expect([change.legs, change.claims]).to.deep.equal([[], []]);
    const transfer = f.transfer(95n, { receiver: f.addresses.refundTo });
    const proven = record(...before, { ...succeeded, transfer }).change;
    expect(proven.claims, 'one transfer ends one payout').to.deep.equal([`out:${arrivalKey(transfer)}:payout`]);
    for (const signal of [succeeded, failed, unknown, reported('manual')])
      expect(outcome([...before, succeeded], signal)).to.equal('noChange');
  });

  it('ends failed with proof; only a real transfer can still turn that', () => {
    const before = [open(), unknown, reported('refused'), failed];
    const { change, state } = record(...before);
    expect([state.status, state.failureReason, state.machine.stage]).to.deep.equal(['failed', 'payout_failed', 'dead']);
    expect(f.effects(change)).to.deep.equal(['report failed', 'payout.updated']);
    expect(outcome(before, failed)).to.equal('noChange');
    expect(outcome(before, reported('broadcast', f.txHash(1)))).to.equal('noChange');
    expect(record(...before, succeeded).state).to.include({ status: 'completed', failureReason: null });
  });

  it('dies only as what was judged: a call or a transaction that came meanwhile speaks against it', () => {
    const died = (postedBlock: number | null, txHash: string | null): Signal => ({
      ...{ kind: 'payoutFailed', n: 1, proof: 'admin:1' },
      judged: { externalId: machine.externalId, postedBlock, txHash },
    });
    const sent = [open(), unknown];
    const broadcast = [...sent, reported('broadcast', f.txHash(1))];
    expect(outcome([open()], died(null, null))).to.equal('change');
    expect(outcome(sent, died(null, null))).to.equal('not_applicable');
    expect(outcome(sent, died(1010, null))).to.equal('change');
    expect(outcome(broadcast, died(1010, null))).to.equal('not_applicable');
    expect(outcome(broadcast, died(1010, f.txHash(1)))).to.equal('change');
    expect(outcome([open(), failed], died(1010, null))).to.equal('noChange');
  });

  it('calls a person when nobody knows, and goes on when the transfer shows up', () => {
    const { change, state } = record(open(), unknown, reported('manual'));
    expect([state.status, state.flags]).to.deep.equal(['processing', ['manual']]);
    expect(f.effects(change)).to.deep.equal(['payout.updated', 'alarm']);
    expect(
      record(open(), unknown, reported('manual'), reported('broadcast', f.txHash(1))).state.machine.stage,
    ).to.equal('broadcast');
  });

  it('takes no signal that belongs to the log that pays', () => {
    expect(outcome([open()], f.payout('owed:seller', 1n))).to.equal('not_applicable');
    expect(outcome([open()], f.opened)).to.equal('not_applicable');
  });
});

describe('the machine of payouts', () => {
  const allowed: Record<string, readonly PayoutStage[]> = {
    payoutWaiting: ['requested', 'waiting'],
    payoutUnknown: ['requested', 'waiting'],
    payoutSubmitted: ['unknown'],
    refused: ['unknown'],
    reportedFailed: ['unknown', 'submitted', 'refused'],
    broadcast: ['unknown', 'submitted', 'refused', 'reportedFailed', 'broadcast', 'manual'],
    manual: ['requested', 'waiting', 'unknown', 'submitted', 'refused', 'reportedFailed', 'broadcast'],
  };
  const signals: Record<string, Signal> = {
    payoutWaiting: { kind: 'payoutWaiting', reason: 'liquidity' },
    payoutUnknown: unknown,
    payoutSubmitted: submitted,
    refused: reported('refused'),
    reportedFailed: reported('reportedFailed'),
    broadcast: reported('broadcast', f.txHash(2)),
    manual: reported('manual'),
  };
  for (const [name, stages] of Object.entries(allowed))
    it(`takes ${name} only while it says something new`, () => {
      const from = payoutStages.filter(
        (stage) => advance({ ...machine, stage }, signals[name] as MachineSignal, f.startMs) !== null,
      );
      expect(from).to.have.members([...stages]);
    });

  it('ignores the same wait, the same transaction and a broadcast without one', () => {
    const at = (fields: Partial<PayoutMachine>, signal: Signal) =>
      advance({ ...machine, ...fields }, signal as MachineSignal, f.startMs);
    expect(at({ stage: 'waiting', reason: 'liquidity' }, { kind: 'payoutWaiting', reason: 'liquidity' })).to.equal(
      null,
    );
    expect(at({ stage: 'waiting', reason: 'liquidity' }, { kind: 'payoutWaiting', reason: 'slot' })?.reason).to.equal(
      'slot',
    );
    expect(at({ stage: 'broadcast', txHash: f.txHash(2) }, reported('broadcast', f.txHash(2)))).to.equal(null);
    expect(at({ stage: 'unknown' }, reported('broadcast'))).to.equal(null);
  });

  it('starts the wait for a proof at the first word of a failure', () => {
    const first = advance({ ...machine, stage: 'unknown' }, reported('refused') as MachineSignal, 1000);
    expect(first).to.include({ stage: 'refused', reportedAtMs: 1000, reportedNonce: 5 });
    const second =
      first &&
      advance(first, { ...(reported('reportedFailed') as MachineSignal), walletNonce: 9 } as MachineSignal, 2000);
    expect(second).to.include({ stage: 'reportedFailed', reportedAtMs: 1000, reportedNonce: 5 });
  });

  it('is proven dead by a later transaction of the wallet and ten minutes, both', () => {
    const said = { ...machine, stage: 'refused' as const, reportedAtMs: f.startMs, reportedNonce: 5 };
    const proof = { nowMs: f.startMs + 600_000, finalizedCount: 6 };
    expect(isProvenDead(said, proof)).to.equal(true);
    expect(isProvenDead(said, { ...proof, nowMs: proof.nowMs - 1 })).to.equal(false);
    expect(isProvenDead(said, { ...proof, finalizedCount: 5 })).to.equal(false);
    expect(isProvenDead({ ...said, reportedAtMs: null }, proof)).to.equal(false);
    expect(isProvenDead({ ...said, reportedNonce: null }, proof)).to.equal(false);
  });
});
