import { expect } from 'chai';
import { arrivalKey } from '../../server/domain/claim.ts';
import { decide } from '../../server/domain/payment.ts';
import type { Signal, SignalOf } from '../../server/domain/signal.ts';
import type { State, Transfer } from '../../server/domain/state.ts';
import * as f from './factories.ts';

const start = [f.opened, f.addressGiven];
const key = arrivalKey;
const tx = (signal: SignalOf<'transferConfirmed'>, epoch = '') => `tx:${key(signal.transfer)}${epoch}`;
const orphan = ({ transfer }: { transfer: Transfer }, epoch = 0): Signal => ({
  kind: 'transferOrphaned',
  arrivalKey: key(transfer),
  epoch,
});
const atVault = f.confirmed(100n);
const atProvider = f.confirmed(100n, f.toProvider);
const forward = f.confirmed(100n, f.fromHotWallet);
const lateAtVault = f.confirmed(100n, f.late);
const fund = 'fund:request';
const completion = ['acceptOffer', 'request processing', 'payment_completed'];

/** Decides after a history, without insisting on a change. */
function decideAfter(signals: readonly Signal[], signal: Signal, overrides: Parameters<typeof f.context>[0] = {}) {
  return decide(f.history(...signals).state, f.frozen(signal), f.context({ seq: 9, ...overrides }));
}
function refusal(signals: readonly Signal[], signal: Signal, overrides: Parameters<typeof f.context>[0] = {}): string {
  const decision = decideAfter(signals, signal, overrides);
  return decision.outcome === 'refused' ? decision.code : decision.outcome;
}

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

describe('the postings of reorganisations', () => {
  it('row 7a: an arrival that left the chain is undone, and the payment waits again', () => {
    const change = f.history(...start, atVault, orphan(atVault));
    expect(f.postings(change)).to.deep.equal([
      'held:contract -100',
      'excess:contract +100',
      'excess:contract -100',
      'buyer:buyer1 +100',
    ]);
    expect(change.claims).to.deep.equal([`rev:${key(atVault.transfer)}:0`]);
    expect([change.state.status, change.state.flags]).to.deep.equal(['pending', []]);
    expect(f.effects(change)).to.deep.equal(['request payment', 'payment_reversed']);
    expect(refusal([...start, atVault, orphan(atVault)], orphan(atVault))).to.equal('noChange');
  });

  it('row 7a: covers again when the rest still carries the price', () => {
    const change = f.history(...start, atVault, f.confirmed(100n, f.toProvider), orphan(atVault));
    expect(f.holdings(change.state)).to.deep.equal({ 'held:provider': 100 });
    expect([change.state.status, change.state.flags]).to.deep.equal(['completed', []]);
    expect(f.effects(change)).to.deep.equal(['payment_reversed', 'requestForward']);
  });

  it('row 7a: credits the same transaction again under the next epoch, with the sum it then has', () => {
    const again = { ...atVault, transfer: { ...atVault.transfer, amount: 120n, blockNumber: 1007 } };
    const change = f.history(...start, atVault, orphan(atVault), again);
    expect(change.claims).to.deep.equal([tx(atVault, ':e1')]);
    expect(f.holdings(change.state)).to.deep.equal({ 'excess:contract': 20, 'held:contract': 100 });
    expect(refusal([...start, atVault, orphan(atVault), again], again)).to.equal('noChange');
    const twice = f.history(...start, atVault, orphan(atVault), again, orphan(atVault, 1), atVault);
    expect(twice.claims).to.deep.equal([tx(atVault, ':e2')]);
  });

  it('row 7a: on an unfunded payment only the excess goes back', () => {
    const change = f.history(...start, f.deadlinePassed, lateAtVault, orphan(lateAtVault));
    expect(f.postings(change)).to.deep.equal(['excess:contract -100', 'buyer:buyer1 +100']);
    expect([change.state.status, change.state.flags]).to.deep.equal(['failed', []]);
    const short = f.confirmed(40n);
    expect(f.history(...start, short, orphan(short)).state).to.deep.include({ status: 'pending', flags: [] });
  });

  it('row 7b: after a forward began the status stays, and an unsent forward is dropped', () => {
    const change = f.history(...start, atProvider, f.forwardRequested, orphan(atProvider));
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 +100', 'held:provider -100']);
    expect([change.state.status, change.state.flags]).to.deep.equal(['completed', ['reorged']]);
    expect(change.state.forward?.stage).to.equal('dead');
    expect(f.effects(change)).to.deep.equal(['alarm', 'payment_reversed']);
  });

  it('row 7b: what was forwarded already is covered by the platform', () => {
    const change = f.history(...start, atProvider, f.forwardRequested, forward, orphan(atProvider));
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 +100', 'platform -100']);
    expect(change.state.flags).to.have.members(['reorged', 'manual']);
    expect(f.holdings(change.state)).to.deep.equal({ 'held:contract': 100 });
    expect(
      refusal([...start, atProvider, f.forwardRequested, forward, orphan(atProvider)], f.prepared(100n, 0n)),
    ).to.equal('not_funded');
  });

  it('row 7b: voids an open settlement that became short, and refuses another until the money is back', () => {
    const before = [...start, atVault, f.prepared(60n, 0n), orphan(atVault)];
    const change = f.history(...before);
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 +100', 'held:contract -40', 'pending:contract -60']);
    expect([change.state.settlement, change.state.flags]).to.deep.equal([null, ['reorged']]);
    expect(refusal(before, f.prepared(100n, 0n))).to.equal('not_funded');
    const back = f.history(...before, atVault);
    expect(f.holdings(back.state)).to.deep.equal({ 'held:contract': 100 });
    expect(back.state.flags).to.deep.equal([]);
    expect(refusal([...before, atVault], f.prepared(100n, 0n))).to.equal('change');
  });

  it('row 7a: accepted late money goes on counting', () => {
    const extra = f.confirmed(20n, f.late);
    const change = f.history(...start, f.deadlinePassed, lateAtVault, extra, f.lateAccepted, orphan(extra));
    expect(f.holdings(change.state)).to.deep.equal({ 'held:contract': 100 });
    expect([change.state.status, change.state.flags]).to.deep.equal(['completed', ['paid_late']]);
    const short = f.history(...start, f.deadlinePassed, lateAtVault, extra, f.lateAccepted, orphan(lateAtVault));
    expect(short.state).to.deep.include({ status: 'pending', lateAccepted: false, flags: ['paid_late'] });
  });

  it('row 7b: covers again from what else there is', () => {
    const before = [...start, atProvider, f.confirmed(100n), f.forwardRequested, orphan(atProvider)];
    const change = f.history(...before);
    expect(f.holdings(change.state)).to.deep.equal({ 'held:contract': 100 });
    expect([change.state.flags, change.state.forward?.stage]).to.deep.equal([['overpaid', 'reorged'], 'dead']);
    expect(refusal(before, f.prepared(100n, 0n))).to.equal('change');
  });

  it('row 7b: an end stays the end', () => {
    const ended = [...start, atVault, f.prepared(100n, 0n), f.settled(100n, 0n)];
    const change = f.history(...ended, orphan(atVault));
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 +100', 'platform -100']);
    expect([change.state.status, change.state.flags]).to.deep.equal(['released', ['manual', 'reorged']]);
  });

  it('forgets a sighting that left the chain', () => {
    const seen: Signal = { kind: 'transferSeen', transfer: atVault.transfer };
    const change = f.history(...start, seen, orphan(atVault));
    expect([change.state.status, change.state.seen, change.claims]).to.deep.equal(['pending', [], []]);
  });

  it('takes a forward back too, and books it again', () => {
    const change = f.history(...start, atProvider, f.forwardRequested, forward, orphan(forward));
    expect(f.holdings(change.state)).to.deep.equal({ 'held:provider': 100 });
    expect(change.state.forward?.stage).to.equal('broadcast');
    const again = f.history(...start, atProvider, f.forwardRequested, forward, orphan(forward), forward);
    expect(f.holdings(again.state)).to.deep.equal({ 'held:contract': 100 });
    expect(again.claims).to.deep.equal([tx(forward, ':e1')]);
    const settling = [...start, atProvider, f.forwardRequested, forward, f.prepared(100n, 0n), orphan(forward)];
    expect(f.postings(f.history(...settling))).to.deep.equal([
      'pending:contract -100',
      'held:contract +100',
      'held:contract -100',
      'held:provider +100',
    ]);
    const surplus = f.history(...start, atVault, forward, orphan(forward));
    expect(f.postings(surplus)).to.deep.equal(['excess:contract -100', 'platform +100']);
  });
});

describe('the postings of forwards', () => {
  const forwarding = [...start, atProvider, f.forwardRequested];

  it('row 8: asks once for exactly what the provider holds of the price', () => {
    const change = f.history(...start, f.confirmed(60n), f.confirmed(45n, f.toProvider), f.forwardRequested);
    expect(change.state.forward).to.include({
      stage: 'requested',
      amount: 40n,
      destination: f.addresses.vault,
      approved: true,
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
