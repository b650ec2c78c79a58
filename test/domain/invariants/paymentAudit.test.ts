import { expect } from 'chai';
import type { Signal } from '../../../server/domain/signal.ts';
import type { PaymentState, State } from '../../../server/domain/state.ts';
import * as f from '../factories.ts';
import * as story from '../story.ts';
import {
  audited,
  forged,
  historyOf,
  named,
  payoutOpened,
  requestOf,
  rowOf,
  stepAt,
  tampered,
  tools,
} from './histories.ts';

const released: readonly Signal[] = [...story.funded, f.prepared(100n, 0n), f.settled(100n, 0n)];
const id = (seq: number) => `${f.paymentId}:${String(seq).padStart(6, '0')}`;

/** Histories of every kind of end; none of them may be found fault with. */
const stories: Record<string, readonly Signal[]> = {
  'an intent': story.start,
  'a release': released,
  'a refund': [...story.funded, f.prepared(0n, 100n), f.settled(0n, 100n)],
  'a split that nobody here prepared': [...story.funded, f.settled(60n, 40n)],
  'a forward': [...story.start, story.atProvider, f.forwardRequested, story.forward, f.prepared(100n, 0n)],
  'a second forward': [
    ...story.start,
    story.atProvider,
    f.forwardRequested,
    story.forward,
    f.confirmed(100n, f.fromHotWallet),
  ],
  'late money': [...story.lateFunded, f.lateAccepted],
  'a short payment that goes back': [
    ...story.start,
    f.confirmed(95n, f.toProvider),
    f.deadlinePassed,
    f.payout('excess:provider', 95n),
  ],
  'a reversal': [...story.funded, story.orphan(story.atVault)],
  'a reversal after a settlement was prepared': [...story.funded, f.prepared(100n, 0n), story.orphan(story.atVault)],
  'a recovery': [...story.funded, { kind: 'recovered', movement: f.movement(100n), closed: true }],
  'a shortfall': [...story.funded, { kind: 'shortfall', movement: f.movement(40n) }],
  'a loss': [
    ...story.funded,
    { kind: 'writtenOff', account: `held:contract:${f.paymentId}`, asset: f.assetKey, amount: 7n },
  ],
};

const timeOf = (signals: readonly Signal[]) => (signals.includes(f.deadlinePassed) ? { nowMs: f.lateMs } : {});

describe('domain: the auditor of one log', () => {
  for (const [name, signals] of Object.entries(stories)) {
    it(`finds nothing in the history of ${name}`, () => {
      expect(audited(historyOf(signals, timeOf(signals)))).to.deep.equal([]);
    });
  }

  it('finds nothing in the record of a payout, nor in the log of money that is nobody’s', () => {
    const sent: Signal = { kind: 'payoutUnknown', slot: 3, head: 1010 };
    const out = historyOf([payoutOpened, sent, { kind: 'payoutSubmitted', taskId: 'task' }], { paymentId: 'payout1' });
    expect(audited(out)).to.deep.equal([]);
    const transfer = f.transfer(5n, { receiver: f.addresses.escrow });
    const stray: Signal = { kind: 'strayReceived', transfer, asset: f.asset, marketplaceId: 'market' };
    expect(audited(historyOf([stray], { paymentId: 'suspense-bsc-usdt' }))).to.deep.equal([]);
  });

  it('I1: names a transition that is gone, from the middle, the beginning or the end', () => {
    const steps = historyOf(released);
    for (const seq of [1, 3])
      expect(named(audited(steps.filter((step) => step.transition.seq !== seq)))).to.deep.equal([`I1 ${id(seq)}`]);
    const beheaded = audited(steps.slice(0, -1), {
      beside: { row: rowOf(steps), request: requestOf(steps.slice(0, -1)) },
    });
    expect(named(beheaded)).to.deep.equal([`I6 ${id(5)}`]);
  });

  it('I1: names a step that stands in a foreign log', () => {
    const moved = tampered(historyOf(released), 2, { paymentId: 'b'.repeat(24) });
    expect(named(audited(moved))).to.include(`I1 ${id(2)}`);
  });

  it('I2: names a step that no table has, and one that begins where none ended', () => {
    const steps = historyOf(released);
    const last = stepAt(steps, 5);
    expect(named(audited(forged(steps, 5, { kind: 'cancelRequested' })))).to.deep.equal([`I2 ${id(5)}`]);
    expect(named(audited(forged(steps, 5, { from: 'released' })))).to.deep.equal([`I2 ${id(5)}`]);
    expect(named(audited(forged(steps, 5, { to: 'refunded' })))).to.deep.equal([`I2 ${id(5)}`]);
    const backwards = { ...(last.state as PaymentState), status: 'pending' as const };
    expect(named(audited(forged(steps, 5, { to: 'pending', state: backwards })))).to.include(`I2 ${id(5)}`);
  });

  it('I2: names a step of a payout’s record that its table does not have', () => {
    const out = historyOf([payoutOpened, { kind: 'payoutWaiting', reason: 'slot' }], { paymentId: 'payout1' });
    expect(named(audited(forged(out, 2, { kind: 'payoutSubmitted' })))).to.deep.equal(['I2 payout1:000002']);
  });

  it('I3: names a step whose hash was swapped, and the one after it', () => {
    const steps = historyOf(released);
    expect(named(audited(tampered(steps, 3, { hash: 'f'.repeat(64) })))).to.deep.equal([`I3 ${id(3)}`, `I3 ${id(4)}`]);
    const [third, fourth] = [stepAt(steps, 3).hash, stepAt(steps, 4).hash];
    const swapped = tampered(tampered(steps, 3, { hash: fourth }), 4, { hash: third });
    expect(named(audited(swapped))).to.include.members([`I3 ${id(3)}`, `I3 ${id(4)}`]);
  });

  it('I3: names a step whose evidence was edited, and one with another first predecessor', () => {
    const steps = historyOf(released);
    expect(named(audited(tampered(steps, 4, { evidence: {} })))).to.deep.equal([`I3 ${id(4)}`]);
    const stateHash = 'f'.repeat(64);
    expect(named(audited(tampered(steps, 4, { stateHash })))).to.deep.equal([`I3 ${id(4)}`, `I3 ${id(4)}`]);
    expect(named(audited(tampered(steps, 1, { prev: '1'.repeat(64) })))).to.deep.equal([`I3 ${id(1)}`, `I3 ${id(1)}`]);
  });

  it('I4: names a step whose legs do not balance, and I6 one whose edited legs do', () => {
    const steps = historyOf(released);
    const { legs } = stepAt(steps, 3);
    const more = legs.map((leg, n) => (n === 0 ? { ...leg, amount: leg.amount + 1n } : leg));
    expect(named(audited(forged(steps, 3, { legs: more })))).to.include(`I4 ${id(3)}`);
    const twice = legs.map((leg) => ({ ...leg, amount: leg.amount * 2n }));
    expect(named(audited(forged(steps, 3, { legs: twice })))).to.deep.equal([`I6 ${id(3)}`]);
    expect(named(audited(tampered(steps, 3, { legs: twice })))).to.deep.equal([`I3 ${id(3)}`, `I6 ${id(3)}`]);
    const mixed = [...legs, { account: 'platform', asset: 'bsc:OTHER', amount: 0n }];
    expect(named(audited(forged(steps, 3, { legs: mixed })))).to.include(`I4 ${id(3)}`);
  });

  it('I4: names a step that posts on an account of another payment', () => {
    const foreign = `held:contract:${'b'.repeat(24)}`;
    const legs = [
      { account: foreign, asset: f.assetKey, amount: 5n },
      { account: 'platform', asset: f.assetKey, amount: -5n },
    ];
    expect(named(audited(forged(historyOf(story.start), 2, { legs })))).to.deep.equal([`I4 ${id(2)}`]);
  });

  it('I6: names a payment whose row was put back, changed or taken away', () => {
    const steps = historyOf(released);
    const beside = (row: ReturnType<typeof rowOf> | null) => named(audited(steps, { beside: { row } }));
    expect(beside(rowOf(steps.slice(0, 3)))).to.deep.equal([`I6 ${f.paymentId}`]);
    expect(beside(null)).to.deep.equal([`I6 ${f.paymentId}`]);
    const row = rowOf(steps);
    expect(beside({ ...row, fields: { ...row.fields, buyerId: 'thief' } })).to.deep.equal([`I6 ${f.paymentId}`]);
    expect(beside({ ...row, state: { ...row.state, buyerId: 'thief' } as State })).to.deep.equal([`I6 ${f.paymentId}`]);
  });

  it('I6: lets a row lag while the relay has not come to the newest step', () => {
    const steps = historyOf(released).map((step) => (step.transition.seq === 5 ? { ...step, done: false } : step));
    expect(audited(steps, { beside: { row: rowOf(steps.slice(0, 4)) } })).to.deep.equal([]);
  });

  it('I7: names a completed payment that lost part of its price, and an unfunded one that holds some', () => {
    const steps = historyOf(story.funded);
    const { state } = stepAt(steps, 3);
    const changed = (changes: Partial<PaymentState>) =>
      named(audited(forged(steps, 3, { state: { ...(state as PaymentState), ...changes } })));
    expect(changed({ released: 1n })).to.deep.equal([`I7 ${id(3)}`]);
    expect(changed({ released: 1n, flags: ['manual'] })).to.deep.equal([]);
    const unfunded = forged(steps, 3, { to: 'failed', state: { ...(state as PaymentState), status: 'failed' } });
    expect(named(audited(unfunded))).to.include(`I7 ${id(3)}`);
  });

  it('I7: names a payment whose reservation is not that of its open settlement', () => {
    const steps = historyOf(released.slice(0, 4));
    const state = { ...(stepAt(steps, 4).state as PaymentState), settlement: null, flags: ['manual' as const] };
    expect(named(audited(forged(steps, 4, { state })))).to.deep.equal([`I7 ${id(4)}`]);
  });

  it('I10: names a funded payment whose request or offers did not follow it', () => {
    const steps = historyOf(released);
    const beside = (changes: Parameters<typeof requestOf>[1]) =>
      named(audited(steps, { beside: { request: requestOf(steps, changes) } }));
    const wrong = [`I10 ${f.paymentId}`];
    expect(beside({ fundedBy: 'b'.repeat(24) })).to.deep.equal(wrong);
    expect(beside({ status: 'processing' })).to.deep.equal(wrong);
    expect(beside({ unrejected: [] })).to.deep.equal(wrong);
    const rival = { id: 'rival', status: 'open' };
    expect(beside({ unrejected: [{ id: 'offer', status: 'accepted' }, rival] })).to.deep.equal(wrong);
    expect(named(audited(steps, { beside: { request: null } }))).to.deep.equal(wrong);
  });

  it('I11: names a step whose effects are late, but gives them their time', () => {
    const waiting = historyOf(story.funded).map((step) => ({ ...step, done: step.transition.seq < 3 }));
    expect(audited(waiting)).to.deep.equal([]);
    expect(named(audited(waiting, { nowMs: f.onTimeMs + 60_001 }))).to.deep.equal([`I11 ${id(3)}`]);
  });

  it('I11: names a step that was overtaken by the next one', () => {
    const overtaken = historyOf(story.funded).map((step) => ({ ...step, done: step.transition.seq !== 2 }));
    expect(named(audited(overtaken))).to.deep.equal([`I11 ${id(2)}`]);
  });

  it('I12: names a payment that stays open past its end, and a payout that no person was called for', () => {
    const nowMs = f.expiresAtMs + tools.graces.deadlineMs + 1;
    expect(named(audited(historyOf(story.start), { nowMs }))).to.deep.equal([`I12 ${f.paymentId}`]);
    expect(audited(historyOf(story.start), { nowMs: nowMs - 1 })).to.deep.equal([]);
    const out = historyOf([payoutOpened], { paymentId: 'payout1' });
    expect(named(audited(out, { nowMs: f.startMs + f.dayMs + 60_001 }))).to.deep.equal(['I12 payout1']);
  });

  it('I13: names the step that made an account negative', () => {
    const legs = [
      { account: 'fees:market', asset: f.assetKey, amount: -5n },
      { account: 'platform', asset: f.assetKey, amount: 5n },
    ];
    expect(named(audited(forged(historyOf(story.start), 2, { legs })))).to.deep.equal([`I13 ${id(2)}`]);
  });

  it('goes on after a record that has no shape', () => {
    const broken = tampered(historyOf(released), 3, { state: null as unknown as State });
    expect(named(audited(broken))).to.include(`I3 ${id(3)}`);
  });
});
