import { expect } from 'chai';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import * as f from './factories.ts';
import { atProvider, atVault, decideAfter, forward, orphan, refusal, start, tx } from './story.ts';

describe('the postings of forwards', () => {
  const forwarding = [...start, atProvider, f.forwardRequested];

  it('row 8: asks once for exactly what the provider holds of the price', () => {
    const change = f.history(...start, f.confirmed(60n), f.confirmed(45n, f.toProvider), f.forwardRequested);
    expect(change.state.forward).to.include({
      stage: 'requested',
      amount: 40n,
      destination: f.addresses.vault,
    });
    expect(change.state.forward?.externalId).to.equal(`${f.paymentId}-5-0`);
    expect(change.state.forward?.callbackUrl).to.equal('https://example.org/payout');
    expect([change.legs, f.effects(change)]).to.deep.equal([[], ['drivePayout']]);
    expect(refusal(forwarding, f.forwardRequested)).to.equal('noChange');
    expect(refusal([...start, atVault], f.forwardRequested)).to.equal('noChange');
  });

  it('row 8: calls a person instead, less than 24 hours before the delivery deadline', () => {
    const nowMs = f.intent().terms.deliverBy * 1000 - f.dayMs;
    expect(f.changed(decideAfter([...start, atProvider], f.forwardRequested, { nowMs })).state)
      .to.have.property('forward')
      .that.is.an('object');
    const change = f.changed(decideAfter([...start, atProvider], f.forwardRequested, { nowMs: nowMs + 1 }));
    expect(change.state).to.deep.include({ forward: null, flags: ['manual'] });
    expect(f.effects(change)).to.deep.equal(['alarm']);
    const again = decide(change.state, f.forwardRequested, f.context({ nowMs: nowMs + 1 }));
    expect(again).to.include({ outcome: 'refused', code: 'too_close_to_delivery' });
  });

  it("row 9: the one POST claims its external id and the wallet's slot", () => {
    const unknown: Signal = { kind: 'payoutUnknown', slot: 7, head: 1010 };
    const change = f.history(...forwarding, unknown);
    const slot = `slot:bsc:${f.addresses.hotWallet}:000000007`;
    expect(change.claims).to.deep.equal([`post:${f.paymentId}-4-0`, slot]);
    expect(change.state.forward).to.include({ stage: 'unknown', slot: 7, postedBlock: 1010, postedAtMs: f.onTimeMs });
    expect(refusal([...forwarding, unknown], unknown)).to.equal('noChange');
    expect(refusal(forwarding, unknown, { lostClaims: new Set([slot]) })).to.equal('noChange');
  });

  it('row 9: sends nothing into a vault whose other part was reversed', () => {
    const part = f.confirmed(60n);
    const before = [...start, part, f.confirmed(40n, f.toProvider), f.forwardRequested, orphan(part)];
    expect(f.history(...before).state.forward?.stage).to.equal('requested');
    expect(refusal(before, { kind: 'payoutUnknown', slot: 7, head: 1010 })).to.equal('amount_exceeds_balance');
    expect(refusal([...before, part], { kind: 'payoutUnknown', slot: 7, head: 1010 })).to.equal('change');
  });

  it('row 10a: the forward in the vault changes custody, whoever tells it', () => {
    for (const signal of [forward, { kind: 'forwardConfirmed', transfer: forward.transfer } as const]) {
      const change = f.history(...forwarding, signal);
      expect(f.postings(change)).to.deep.equal(['held:provider -100', 'held:contract +100']);
      expect(change.claims).to.deep.equal([tx(forward)]);
      expect([change.state.status, change.state.flags, change.state.forward?.stage]).to.deep.equal([
        'completed',
        [],
        'confirmed',
      ]);
      expect(f.effects(change)).to.deep.equal(['escrow_forwarded']);
      expect(refusal([...forwarding, signal], forward)).to.equal('noChange');
    }
    expect(refusal(forwarding, { kind: 'forwardConfirmed', transfer: atVault.transfer })).to.equal('evidence_mismatch');
  });

  it("row 10b: a forward nobody asked for, a second one and one of another amount are the platform's money", () => {
    const second = f.confirmed(100n, f.fromHotWallet);
    for (const before of [start, [...start, f.deadlinePassed], [...start, atProvider], [...forwarding, forward]]) {
      const change = f.changed(decideAfter(before, second));
      expect(f.postings(change)).to.deep.equal(['platform -100', 'excess:contract +100']);
      expect(change.state.flags).to.include('manual');
      expect(f.effects(change)).to.deep.equal(['alarm']);
      expect(change.state.status).to.equal(f.history(...before).state.status);
    }
    expect(f.postings(f.changed(decideAfter(forwarding, f.confirmed(99n, f.fromHotWallet))))[0]).to.equal(
      'platform -99',
    );
  });

  it('row 10b: the hot wallet is no buyer of a payment without a provider either', () => {
    const opened: Signal = { kind: 'intentOpened', intent: f.intent({ rail: 'web3', provider: null }) };
    const change = f.history(opened, { kind: 'forwardConfirmed', transfer: forward.transfer });
    expect(f.postings(change)).to.deep.equal(['platform -100', 'excess:contract +100']);
    expect(change.state).to.deep.include({ status: 'pending', flags: ['manual'] });
  });

  it('row 11: a forward dies only as what was judged', () => {
    const { forward: machine } = f.history(...forwarding).state;
    const judged = { externalId: machine?.externalId ?? '', postedBlock: null, txHash: null };
    const died: Signal = { kind: 'forwardFailed', proof: 'admin:1', judged };
    expect(f.history(...forwarding, died).state.forwardDead).to.equal(true);
    expect(refusal([...forwarding, { kind: 'payoutUnknown', slot: 1, head: 1010 }], died)).to.equal('not_applicable');
    expect(refusal([...forwarding, died, f.forwardRequested], died)).to.equal('not_applicable');
  });

  it('row 11: a dead forward lets a new one begin or the price go back', () => {
    const dead = [...forwarding, { kind: 'forwardFailed', proof: 'refused' } as const];
    expect(f.history(...dead).legs).to.deep.equal([]);
    expect(f.history(...dead, f.forwardRequested).state.forward?.externalId).to.equal(`${f.paymentId}-6-0`);
    expect(refusal(forwarding, f.payout('held:provider', 100n))).to.equal('escrow_forwarding');
    expect(refusal([...start, atProvider], f.payout('held:provider', 100n))).to.equal('escrow_forwarding');
    expect(refusal([...dead, f.forwardRequested], f.payout('held:provider', 100n))).to.equal('escrow_forwarding');
    const back = [
      ...dead,
      f.payout('held:provider', 100n),
      { kind: 'payoutSucceeded', n: 1, transfer: null, txHash: null } as const,
    ];
    expect(f.history(...back).state).to.include({ status: 'refunded', refunded: 100n });
    expect(refusal([...dead, f.payout('held:provider', 40n)], f.forwardRequested)).to.equal('not_applicable');
  });
});
