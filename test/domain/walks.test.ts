import { expect } from 'chai';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { State } from '../../server/domain/state.ts';
import * as f from './factories.ts';

/** Runs signals one after another and sums all legs by account; the payment's own id is left out. */
function walk(...signals: readonly Signal[]) {
  let state: State | null = null;
  const totals = new Map<string, bigint>();
  signals.forEach((signal, index) => {
    const nowMs = signal.kind === 'deadlinePassed' || signal.kind === 'lateAccepted' ? f.lateMs : f.onTimeMs;
    const change = f.changed(decide(state, signal, f.context({ seq: index + 1, nowMs })));
    for (const leg of change.legs) {
      const name = leg.account.replace(`:${f.paymentId}`, '');
      totals.set(name, (totals.get(name) ?? 0n) + leg.amount);
    }
    state = change.state;
  });
  const balances = [...totals].filter(([, amount]) => amount !== 0n).map(([name, amount]) => [name, Number(amount)]);
  const end = state as State | null;
  return { status: end?.status, flags: end?.flags, balances: Object.fromEntries(balances) };
}

const start = [f.opened, f.addressGiven];
const atProvider = (amount: bigint) => f.confirmed(amount, f.toProvider);
const forward = (amount = 100n) => f.confirmed(amount, f.fromHotWallet);
const release = [f.prepared(100n, 0n), f.settled(100n, 0n)];
const refund = [f.prepared(0n, 100n), f.settled(0n, 100n)];
const paid: Signal = { kind: 'payoutSucceeded', n: 1, transfer: null, txHash: null };
const released = { 'buyer:buyer1': -100, 'paid:seller:seller1': 99, 'fees:market': 1 };
const returned = { 'buyer:buyer1': -100, 'returned:buyer:buyer1': 100 };

describe('the walks of the design', () => {
  it('SHKeeper, released', () => {
    const end = walk(...start, atProvider(100n), f.forwardRequested, forward(), ...release);
    expect(end).to.deep.equal({ status: 'released', flags: [], balances: released });
  });

  it('SHKeeper, refunded', () => {
    const end = walk(...start, atProvider(100n), f.forwardRequested, forward(), ...refund);
    expect(end).to.deep.equal({ status: 'refunded', flags: [], balances: returned });
  });

  it('95, then 5', () => {
    const end = walk(...start, atProvider(95n), atProvider(5n));
    expect(end).to.deep.equal({
      status: 'completed',
      flags: [],
      balances: { 'buyer:buyer1': -100, 'held:provider': 100 },
    });
  });

  it('95, then nothing', () => {
    const end = walk(...start, atProvider(95n), f.deadlinePassed, f.payout('excess:provider', 95n), paid);
    const balances = { 'buyer:buyer1': -95, 'returned:buyer:buyer1': 95 };
    expect(end).to.deep.equal({ status: 'failed', flags: ['underpaid'], balances });
  });

  it('105 at the provider', () => {
    const signals = [...start, atProvider(105n), f.forwardRequested, forward(), f.payout('excess:provider', 5n), paid];
    const middle = walk(...signals);
    expect(middle.balances).to.deep.equal({ 'buyer:buyer1': -105, 'held:contract': 100, 'returned:buyer:buyer1': 5 });
    const end = walk(...signals, ...release);
    expect(end).to.deep.include({ status: 'released', flags: ['overpaid'] });
    expect(end.balances).to.deep.equal({ ...released, 'buyer:buyer1': -105, 'returned:buyer:buyer1': 5 });
  });

  it('105 in the vault', () => {
    const end = walk(...start, f.confirmed(105n), ...release, {
      kind: 'recovered',
      movement: f.movement(5n),
      closed: false,
    });
    expect(end.balances).to.deep.equal({ ...released, 'buyer:buyer1': -105, 'returned:buyer:buyer1': 5 });
    expect(end.status).to.equal('released');
  });

  it('late, accepted and released', () => {
    const end = walk(...start, f.deadlinePassed, f.confirmed(100n, f.late), f.lateAccepted, ...release);
    expect(end).to.deep.equal({ status: 'released', flags: ['paid_late'], balances: released });
  });

  it('late at the provider, paid back', () => {
    const late = f.confirmed(100n, { ...f.late, ...f.toProvider });
    const end = walk(...start, f.deadlinePassed, late, f.payout('excess:provider', 100n), paid);
    expect(end).to.deep.equal({ status: 'failed', flags: ['paid_late'], balances: returned });
  });

  it('late in the vault, refunded by the contract', () => {
    const end = walk(...start, f.deadlinePassed, f.confirmed(100n, f.late), ...refund);
    expect(end).to.deep.equal({ status: 'failed', flags: ['paid_late'], balances: returned });
  });

  it('paid after the cancellation', () => {
    const end = walk(...start, f.cancelRequested, f.confirmed(100n), ...refund);
    expect(end).to.deep.equal({ status: 'cancelled', flags: ['paid_late'], balances: returned });
  });

  it('a wallet that pays the vault, without a forward', () => {
    expect(walk(...start, f.confirmed(100n), ...release)).to.deep.equal({
      status: 'released',
      flags: [],
      balances: released,
    });
  });

  it('60 in the vault and 40 at the provider', () => {
    const signals = [...start, f.confirmed(60n), atProvider(40n)];
    expect(walk(...signals).balances).to.deep.equal({ 'buyer:buyer1': -100, 'held:contract': 60, 'held:provider': 40 });
    const end = walk(...signals, f.forwardRequested, forward(40n), ...release);
    expect(end).to.deep.equal({ status: 'released', flags: [], balances: released });
  });

  it('payout mode platform: the seller is owed, then paid', () => {
    const opened: Signal = { kind: 'intentOpened', intent: f.intent({ sellerIsPlatform: true }) };
    const signals = [opened, f.addressGiven, f.confirmed(100n), ...release];
    expect(walk(...signals).balances).to.deep.equal({
      'buyer:buyer1': -100,
      'owed:seller:seller1': 99,
      'fees:market': 1,
    });
    const end = walk(...signals, f.payout('owed:seller', 99n), paid);
    expect(end).to.deep.equal({ status: 'released', flags: [], balances: released });
  });

  it('a double forward', () => {
    const end = walk(...start, atProvider(100n), f.forwardRequested, forward(), forward());
    const balances = { 'buyer:buyer1': -100, platform: -100, 'held:contract': 100, 'excess:contract': 100 };
    expect(end).to.deep.equal({ status: 'completed', flags: ['manual'], balances });
  });
});
