import { expect } from 'chai';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import * as f from './factories.ts';
import { atProvider, atVault, completion, decideAfter, fund, lateAtVault, refusal, start, tx } from './story.ts';

describe('the postings of incoming money', () => {
  it('row 1: opens an intent, claims the attempt and the vault, asks for an address', () => {
    const change = f.history(f.opened);
    expect(change.claims).to.deep.equal(['open:request:offer:buyer1:0', `addr:56:${f.addresses.vault}`]);
    expect(f.effects(change)).to.deep.equal(['askAddress', 'request payment', 'payment.created']);
    const wallet = f.history({ kind: 'intentOpened', intent: f.intent({ rail: 'web3', provider: null }) });
    expect(f.effects(wallet)).to.deep.equal(['request payment', 'payment.created']);
    expect([...change.legs, ...wallet.legs]).to.deep.equal([]);
  });

  it('row 2: claims the address the provider gave, once', () => {
    const change = f.history(...start);
    expect(change.claims).to.deep.equal([`addr:56:${f.addresses.oneTime}`]);
    expect(refusal(start, f.addressGiven)).to.equal('noChange');
    expect(refusal(start, { ...f.addressGiven, address: f.addresses.payer } as Signal)).to.equal('evidence_mismatch');
  });

  it('row 3: a report starts a look, claims its delivery and shows processing', () => {
    const change = f.history(...start, { kind: 'providerReported', report: f.report() });
    expect(change.state.status).to.equal('processing');
    expect(change.claims).to.deep.equal(['evt:shkeeper:delivery1']);
    expect(f.effects(change)).to.deep.equal(['verify', 'payment_processing']);
    expect(change.legs).to.deep.equal([]);
  });

  it('row 4: a sighting shows processing and is no money', () => {
    const change = f.history(...start, { kind: 'transferSeen', transfer: atVault.transfer });
    expect([change.state.status, change.state.seen.length]).to.deep.equal(['processing', 1]);
    expect([change.legs, change.claims]).to.deep.equal([[], []]);
    expect(f.history(...start, { kind: 'transferSeen', transfer: atVault.transfer }, atVault).state.seen).to.deep.equal(
      [],
    );
  });

  it('row 5a: a short arrival is booked as excess and shows underpaid', () => {
    const short = f.confirmed(95n, f.toProvider);
    const change = f.history(...start, short);
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 -95', 'excess:provider +95']);
    expect(change.claims).to.deep.equal([tx(short)]);
    expect([change.state.status, change.state.flags]).to.deep.equal(['processing', ['underpaid']]);
    expect(f.effects(change)).to.deep.equal(['payment_underpaid']);
  });

  it('row 5b: the price is covered from the contract first, and provider money is forwarded', () => {
    const change = f.history(...start, f.confirmed(60n), f.confirmed(45n, f.toProvider));
    expect(f.postings(change)).to.deep.equal([
      'buyer:buyer1 -45',
      'excess:provider +45',
      'excess:contract -60',
      'held:contract +60',
      'excess:provider -40',
      'held:provider +40',
    ]);
    expect(change.claims).to.include(fund);
    expect([change.state.status, change.state.flags]).to.deep.equal(['completed', ['overpaid']]);
    expect(f.effects(change)).to.deep.equal([...completion, 'requestForward']);
    expect(f.effects(f.history(...start, atVault))).to.deep.equal(completion);
  });

  it('row 5b: an expired payment completes when the money was mined in time, to the millisecond', () => {
    const edge = f.confirmed(100n, { blockTimeMs: f.expiresAtMs });
    const change = f.history(...start, f.deadlinePassed, edge);
    expect([change.state.status, change.state.failureReason]).to.deep.equal(['completed', null]);
    const beyond = f.confirmed(100n, { blockTimeMs: f.expiresAtMs + 1 });
    expect(f.history(...start, f.deadlinePassed, beyond).state).to.deep.include({
      status: 'failed',
      flags: ['paid_late'],
    });
  });

  it('row 5c: a payment whose request another one funded fails with its money in its own excess', () => {
    for (const before of [start, [...start, f.deadlinePassed]]) {
      const change = f.changed(decideAfter(before, atVault, { lostClaims: new Set([fund]) }));
      expect(f.postings(change)).to.deep.equal(['buyer:buyer1 -100', 'excess:contract +100']);
      expect(change.claims).to.deep.equal([tx(atVault)]);
      expect([change.state.status, change.state.failureReason]).to.deep.equal(['failed', 'already_funded']);
      expect(f.effects(change)).to.deep.equal(['payment_failed', 'alarm']);
      const more = f.changed(decide(change.state, f.confirmed(100n), f.context()));
      expect([more.state.status, more.claims.includes(fund)]).to.deep.equal(['failed', false]);
    }
  });

  it('row 5d: late money, and money on a cancelled or failed payment, waits for an admin', () => {
    for (const [before, status] of [
      [start, 'pending'],
      [[...start, f.confirmed(1n)], 'processing'],
      [[...start, f.deadlinePassed], 'failed'],
      [[...start, f.cancelRequested], 'cancelled'],
    ] as const) {
      const change = f.changed(decideAfter(before, lateAtVault));
      expect(f.postings(change)).to.deep.equal(['buyer:buyer1 -100', 'excess:contract +100']);
      expect(change.state.status).to.equal(status);
      expect(change.state.flags).to.include('paid_late');
      expect(f.effects(change)).to.deep.equal(['payment_late']);
    }
    for (const ended of [f.deadlinePassed, f.cancelRequested])
      expect(f.history(...start, ended, f.confirmed(5n)).state.flags).to.deep.equal(['paid_late']);
    expect(f.history(...start, f.cancelRequested, atVault).state.status).to.equal('cancelled');
  });

  it('row 5e: more money on a funded or ended payment is an excess', () => {
    const change = f.history(...start, atVault, f.confirmed(5n));
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 -5', 'excess:contract +5']);
    expect([change.state.status, change.state.flags]).to.deep.equal(['completed', ['overpaid']]);
    const end = [...start, atVault, f.prepared(100n, 0n), f.settled(100n, 0n), f.confirmed(5n, f.toProvider)];
    expect(f.history(...end).state).to.deep.include({ status: 'released', flags: ['overpaid'] });
  });

  it('books a wrong token under its own name and never counts it', () => {
    const wrong = f.confirmed(500n, { tokenAddress: f.addresses.otherToken, asset: `bsc:${f.addresses.otherToken}` });
    const change = f.history(...start, wrong);
    expect(change.legs.map((leg) => leg.asset)).to.deep.equal([wrong.transfer.asset, wrong.transfer.asset]);
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 -500', 'excess:contract +500']);
    expect([change.state.status, change.claims]).to.deep.equal(['pending', [tx(wrong)]]);
  });

  it('counts a pooled funding under the terms it names', () => {
    const pooled = f.confirmed(100n, { receiver: f.addresses.escrow, termsId: f.termsId });
    const change = f.history(...start, pooled);
    expect(change.claims[0]).to.equal(`tx:56:${pooled.transfer.txHash}:${f.addresses.escrow}:${f.termsId}`);
    expect(f.holdings(change.state)).to.deep.equal({ 'held:contract': 100 });
    expect(refusal(start, f.confirmed(100n, { receiver: f.addresses.escrow, termsId: f.txHash(5) }))).to.equal(
      'evidence_mismatch',
    );
  });

  it("refuses a transfer that is not the payment's: other receiver, other chain, older than the intent", () => {
    for (const other of [{ receiver: f.addresses.payer }, { chainId: 1 }, { blockNumber: 999 }])
      expect(refusal(start, f.confirmed(100n, other)), JSON.stringify(other)).to.equal('evidence_mismatch');
    expect(refusal([f.opened], atProvider)).to.equal('evidence_mismatch');
    expect(refusal(start, f.confirmed(0n))).to.equal('noChange');
    expect(f.history(...start, f.confirmed(100n, { blockNumber: 1000 })).state.status).to.equal('completed');
  });

  it('row 6: accepted late money becomes the price and may complete like money in time', () => {
    for (const ended of [f.deadlinePassed, f.cancelRequested]) {
      const change = f.history(
        ...start,
        ended,
        f.confirmed(30n, { ...f.late, ...f.toProvider }),
        lateAtVault,
        f.lateAccepted,
      );
      expect(f.postings(change)).to.deep.equal(['excess:contract -100', 'held:contract +100']);
      expect([change.state.status, change.claims]).to.deep.equal(['completed', [fund]]);
      expect(f.effects(change)).to.deep.equal(completion);
    }
  });

  it('row 6: refuses late money that is short, reserved, too late to deliver or already paid for', () => {
    const waiting = [...start, f.deadlinePassed, lateAtVault];
    expect(refusal([...start, f.deadlinePassed, f.confirmed(99n, f.late)], f.lateAccepted)).to.equal(
      'nothing_to_accept',
    );
    expect(refusal([...waiting, f.prepared(0n, 100n)], f.lateAccepted)).to.equal('nothing_to_accept');
    expect(refusal([...waiting, f.prepared(0n, 100n), f.confirmed(100n, f.late)], f.lateAccepted)).to.equal(
      'settlement_open',
    );
    const refunded = [...waiting, f.prepared(0n, 100n), f.settled(0n, 100n), f.confirmed(100n, f.late)];
    expect(refusal(refunded, f.lateAccepted)).to.equal('nothing_to_accept');
    const lost = { lostClaims: new Set([fund]) };
    expect(refusal(waiting, f.lateAccepted, lost)).to.equal('request_already_funded');
    const deadlineMs = f.intent().terms.deliverBy * 1000 - f.dayMs;
    expect(refusal(waiting, f.lateAccepted, { nowMs: deadlineMs })).to.equal('change');
    expect(refusal(waiting, f.lateAccepted, { nowMs: deadlineMs + 1 })).to.equal('too_close_to_delivery');
  });
});
