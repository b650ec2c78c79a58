import { expect } from 'chai';
import { decide } from '../../server/domain/payment.ts';
import type { Signal, SignalOf } from '../../server/domain/signal.ts';
import type { State } from '../../server/domain/state.ts';
import * as f from './factories.ts';
import { atProvider, atVault, key, lateAtVault, refusal, start } from './story.ts';

describe('the postings of endings', () => {
  const stray = (): SignalOf<'strayReceived'> => ({
    kind: 'strayReceived',
    transfer: f.transfer(9n, { receiver: f.addresses.escrow }),
    asset: f.asset,
    marketplaceId: 'market',
  });

  it('row 12: the deadline fails what is not covered and waits for what was sighted', () => {
    const change = f.history(...start, f.confirmed(95n), f.deadlinePassed);
    expect(change.state).to.deep.include({ status: 'failed', failureReason: 'expired', flags: ['underpaid'] });
    expect([change.legs, f.effects(change)]).to.deep.equal([[], ['payment_failed']]);
    expect(refusal(start, f.deadlinePassed, { nowMs: f.expiresAtMs })).to.equal('noChange');
    expect(refusal(start, f.deadlinePassed, { nowMs: f.expiresAtMs + 1 })).to.equal('change');
    const seen = [...start, { kind: 'transferSeen', transfer: atVault.transfer } as const];
    expect(refusal(seen, f.deadlinePassed, { nowMs: f.lateMs })).to.equal('noChange');
    expect(refusal(seen, f.deadlinePassed, { nowMs: f.intent().watchUntilMs + 1 })).to.equal('change');
  });

  it('row 13: only a payment nothing was paid on is cancelled', () => {
    const change = f.history(...start, f.cancelRequested);
    expect([change.state.status, f.effects(change)]).to.deep.equal(['cancelled', ['payment_cancelled']]);
  });

  it('row 25: money of nobody is booked in its own log', () => {
    const first = stray();
    const change = f.changed(decide(null, first, f.context({ paymentId: 'suspense-bsc-USDT' })));
    expect(f.postings(change)).to.deep.equal(['buyer:unknown -9', 'suspense +9']);
    expect(change.claims).to.deep.equal([`tx:${key(first.transfer)}`]);
    expect(change.state).to.include({ direction: 'suspense', id: 'suspense-bsc-USDT' });
    const more = f.changed(decide(change.state, stray(), f.context({ seq: 2 })));
    expect(more.state).to.equal(change.state);
    expect(refusal(start, stray())).to.equal('not_applicable');
    expect(decide(change.state, f.deadlinePassed, f.context())).to.include({ outcome: 'refused' });
    expect(decide(null, { ...stray(), transfer: f.transfer(0n) }, f.context()).outcome).to.equal('noChange');
  });

  it('row 26: a loss is booked from free money of this payment only', () => {
    const loss = (name: string, amount: bigint): Signal => ({
      kind: 'writtenOff',
      account: name,
      asset: f.assetKey,
      amount,
    });
    const change = f.history(...start, atVault, loss(`held:contract:${f.paymentId}`, 30n));
    expect(f.postings(change)).to.deep.equal(['held:contract -30', 'loss +30']);
    expect([change.state.status, change.state.flags]).to.deep.equal(['completed', ['manual']]);
    expect(refusal([...start, atVault], loss(`held:contract:${f.paymentId}`, 101n))).to.equal('amount_exceeds_balance');
    expect(refusal([...start, atVault], loss(`held:contract:${f.paymentId}`, 0n))).to.equal('amount_invalid');
    expect(refusal([...start, atVault], loss('held:contract:other', 1n))).to.equal('not_applicable');
    expect(refusal([...start, atVault, f.prepared(100n, 0n)], loss(`pending:contract:${f.paymentId}`, 1n))).to.equal(
      'not_applicable',
    );
  });
});

describe('hints, screening and reports', () => {
  const hint = (text: string): Signal => ({ kind: 'hintGiven', hint: text });

  it('row 21: keeps five different hints, each of which starts a look', () => {
    const five = ['1', '2', '3', '4', '5'].map(hint);
    expect(f.effects(f.history(...start, ...five))).to.deep.equal(['verify']);
    expect(f.history(...start, ...five).state.status).to.equal('pending');
    expect(refusal([...start, ...five], hint('3'))).to.equal('noChange');
    expect(refusal([...start, ...five], hint('6'))).to.equal('limit_reached');
  });

  it('row 21: a hold stops releases, refunds and payouts until it is lifted', () => {
    const hold = (on: boolean): Signal => ({ kind: 'riskAssessed', hold: on });
    const before = [...start, atVault, f.confirmed(7n, f.toProvider), hold(true)];
    expect(refusal(before, f.prepared(100n, 0n))).to.equal('risk_hold');
    expect(refusal(before, f.prepared(0n, 100n))).to.equal('risk_hold');
    expect(refusal(before, f.payout('excess:provider', 7n))).to.equal('risk_hold');
    expect(refusal([...start, f.deadlinePassed, lateAtVault, hold(true)], f.prepared(0n, 100n))).to.equal('risk_hold');
    expect(refusal([...before, hold(false)], f.prepared(100n, 0n))).to.equal('change');
    expect(refusal(before, hold(true))).to.equal('noChange');
  });

  const reported = (overrides: Parameters<typeof f.report>[0]): Signal => ({
    kind: 'providerReported',
    report: f.report(overrides),
  });

  it('a report before the address is given is stored and is no exception', () => {
    const change = f.history(f.opened, reported({}));
    expect([change.state.flags, change.state.provider?.transactions.length]).to.deep.equal([[], 1]);
  });

  it('a report for another address or coin is evidence for a person and shows nothing as paid', () => {
    for (const other of [{ address: f.addresses.payer }, { coin: 'ETH-USDT' }]) {
      const change = f.history(...start, reported(other));
      expect([change.state.status, change.state.flags]).to.deep.equal(['pending', ['manual']]);
      expect([change.claims, f.effects(change)]).to.deep.equal([['evt:shkeeper:delivery1'], ['alarm']]);
      expect(change.state.provider?.transactions).to.deep.equal([]);
    }
    expect(refusal(start, reported({ externalId: 'invoice2' }))).to.equal('evidence_mismatch');
    expect(refusal([...start, reported({})], reported({ deliveryKey: 'delivery2' }))).to.equal('noChange');
  });

  it('a payout record takes no signal of an incoming payment', () => {
    const { state } = f.history(...start, atProvider, f.forwardRequested);
    if (state.forward === null) throw new Error('no forward');
    const { marketplaceId, requestId, offerId, buyerId, sellerId, asset } = state;
    const facts = { marketplaceId, requestId, offerId, buyerId, sellerId, asset, amount: 1n };
    const record: State = f.changed(
      decide(
        null,
        { kind: 'payoutOpened', payout: { ...facts, source: { paymentId: 'p', n: 1 }, machine: state.forward } },
        f.context(),
      ),
    ).state;
    expect(decide(record, atVault, f.context())).to.include({ outcome: 'refused', code: 'not_applicable' });
  });
});
