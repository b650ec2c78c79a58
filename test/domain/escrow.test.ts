import { expect } from 'chai';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import * as f from './factories.ts';
import { atVault, funded, lateFunded, platformTerms, refusal, start } from './story.ts';

describe('the postings of settlements', () => {
  it('row 14a: reserves the price, and answers the same amounts with the same payload', () => {
    const change = f.history(...funded, f.prepared(60n, 10n));
    expect(f.postings(change)).to.deep.equal(['held:contract -70', 'pending:contract +70']);
    expect(change.state.settlement).to.deep.include({
      kind: 'split',
      origin: 'held',
      digest: 'digest-60-10',
      signatures: [],
    });
    expect(
      refusal([...funded, f.prepared(60n, 10n)], f.prepared(60n, 10n, { validUntil: 5, digest: 'later' })),
    ).to.equal('noChange');
    expect(refusal([...funded, f.prepared(60n, 10n)], f.prepared(60n, 0n))).to.equal('settlement_open');
  });

  it('row 14a: refuses what is not final, still forwarding, or more than is held', () => {
    expect(refusal(funded, f.prepared(100n, 0n, { final: false }))).to.equal('escrow_not_final');
    expect(refusal([...start, f.confirmed(60n), f.confirmed(40n, f.toProvider)], f.prepared(100n, 0n))).to.equal(
      'escrow_forwarding',
    );
    expect(refusal(funded, f.prepared(100n, 1n))).to.equal('amount_exceeds_balance');
    expect(refusal(funded, f.prepared(0n, 0n))).to.equal('amount_invalid');
    expect(refusal(funded, f.prepared(-5n, 10n))).to.equal('amount_invalid');
    for (const settlement of ['release', 'refund'] as const)
      expect(refusal(funded, f.prepared(50n, 50n, { settlement }))).to.equal('amount_invalid');
    expect(refusal(funded, f.prepared(50n, 0n, { settlement: 'split' }))).to.equal('amount_invalid');
  });

  it('row 14b: refunds a full unfunded vault with the whole price, and nothing else', () => {
    const change = f.history(...lateFunded, f.prepared(0n, 100n));
    expect(f.postings(change)).to.deep.equal(['excess:contract -100', 'pending:contract +100']);
    expect([change.state.status, change.state.settlement?.origin]).to.deep.equal(['failed', 'excess']);
    expect(refusal(lateFunded, f.prepared(100n, 0n))).to.equal('not_funded');
    expect(refusal(lateFunded, f.prepared(0n, 99n))).to.equal('amount_invalid');
    expect(refusal(lateFunded, f.prepared(0n, 100n, { final: false }))).to.equal('escrow_not_final');
    expect(refusal([...start, f.deadlinePassed, f.confirmed(99n, f.late)], f.prepared(0n, 99n))).to.equal(
      'refund_waits',
    );
    expect(refusal([...start, f.deadlinePassed], f.prepared(0n, 100n))).to.equal('not_funded');
  });

  it('row 15: keeps each seat once, in order, and a sighting until it is orphaned', () => {
    const sign = (index: number, digest = 'digest-100-0'): Signal => ({
      kind: 'settlementSigned',
      digest,
      index,
      signer: f.addresses.payer,
      signature: `0x${index}`,
    });
    const signed = [...funded, f.prepared(100n, 0n), sign(2), sign(0)];
    expect(f.history(...signed).state.settlement?.signatures.map((given) => given.index)).to.deep.equal([0, 2]);
    expect(refusal(signed, sign(2))).to.equal('noChange');
    expect(refusal(signed, sign(1, 'other'))).to.equal('no_open_settlement');
    const settlement = f.settled(100n, 0n);
    if (settlement.kind !== 'settlementConfirmed') throw new Error('not a settlement');
    const seen: Signal = { kind: 'settlementSeen', fact: settlement.fact };
    expect(f.history(...signed, seen).state.settlement?.seenTxHash).to.equal(settlement.fact.txHash);
    expect(refusal([...signed, seen], seen)).to.equal('noChange');
    expect(refusal(signed, { kind: 'settlementSeen', fact: { ...settlement.fact, toBuyer: 1n } })).to.equal('noChange');
    const gone: Signal = { kind: 'settlementOrphaned', txHash: settlement.fact.txHash };
    expect(f.history(...signed, seen, gone).state.settlement?.seenTxHash).to.equal(null);
    expect(refusal(signed, gone)).to.equal('noChange');
  });

  it('row 16: a void gives the money back to where it came from', () => {
    const voided: Signal = { kind: 'settlementVoided', digest: 'digest-0-100', proof: 'validUntil passed' };
    expect(f.postings(f.history(...funded, f.prepared(0n, 100n), voided))).to.deep.equal([
      'pending:contract -100',
      'held:contract +100',
    ]);
    const late = f.history(...lateFunded, f.prepared(0n, 100n), voided);
    expect(f.postings(late)).to.deep.equal(['pending:contract -100', 'excess:contract +100']);
    expect(refusal([...funded, f.prepared(100n, 0n)], voided)).to.equal('noChange');
  });

  it('row 17a: our settlement releases with its fee, and the request ends with it', () => {
    const change = f.history(...funded, f.prepared(100n, 0n), f.settled(100n, 0n));
    expect(f.postings(change)).to.deep.equal(['pending:contract -100', 'paid:seller:seller1 +99', 'fees:market +1']);
    expect(change.claims).to.deep.equal([`out:56:${f.termsId}:0`]);
    expect(change.state).to.include({ status: 'released', released: 100n, fees: 1n, settlement: null });
    expect(f.effects(change)).to.deep.equal(['request seller_paid', 'payment_released']);
  });

  it('row 17a: a refund goes back, a split ends released with what was refunded', () => {
    const refund = f.history(...funded, f.prepared(0n, 100n), f.settled(0n, 100n));
    expect(f.postings(refund)).to.deep.equal(['pending:contract -100', 'returned:buyer:buyer1 +100']);
    expect([refund.state.status, f.effects(refund)]).to.deep.equal([
      'refunded',
      ['request refunded', 'payment_refunded'],
    ]);
    const parts = [...funded, f.prepared(60n, 0n), f.settled(60n, 0n)];
    expect(f.history(...parts).state).to.include({ status: 'completed', released: 60n });
    expect(f.effects(f.history(...parts))).to.deep.equal(['payment_released']);
    const rest = f.history(...parts, f.prepared(0n, 40n, { settleSeq: 1 }), f.settled(0n, 40n, { settleSeq: 1 }));
    expect(rest.state).to.include({ status: 'released', released: 60n, refunded: 40n });
    expect(f.effects(rest)).to.deep.equal(['request seller_paid', 'payment_released']);
  });

  it('row 17a: owes seller and buyer when the terms name the platform', () => {
    const split = [platformTerms, f.addressGiven, atVault, f.prepared(60n, 40n), f.settled(60n, 40n, { fee: 1n })];
    expect(f.postings(f.history(...split)).slice(1)).to.deep.equal([
      'owed:seller:seller1 +59',
      'fees:market +1',
      'owed:buyer:buyer1 +40',
    ]);
  });

  it("row 17a: an unfunded vault's refund leaves the status and shows what was refunded", () => {
    const change = f.history(...lateFunded, f.prepared(0n, 100n), f.settled(0n, 100n));
    expect(change.state).to.include({ status: 'failed', refunded: 100n });
    expect([f.holdings(change.state), f.effects(change)]).to.deep.equal([{}, ['payment_refunded']]);
    expect(refusal([...lateFunded, f.prepared(0n, 100n), f.settled(0n, 100n), atVault], f.prepared(0n, 100n))).to.equal(
      'refund_waits',
    );
  });

  it('row 17b: a settlement of others voids the open one in the same transition', () => {
    for (const foreign of [f.settled(0n, 100n), f.settled(100n, 0n, { settleSeq: 1 })]) {
      const change = f.history(...funded, f.prepared(60n, 0n), foreign);
      expect(f.postings(change).slice(0, 3)).to.deep.equal([
        'pending:contract -60',
        'held:contract +60',
        'held:contract -100',
      ]);
      expect(change.state.settlement).to.equal(null);
    }
    const sameAmounts = f.history(...funded, f.prepared(60n, 0n), f.settled(60n, 0n, { settleSeq: 1, fee: 0n }));
    expect(f.postings(sameAmounts).slice(0, 3)).to.deep.equal([
      'pending:contract -60',
      'held:contract +60',
      'held:contract -60',
    ]);
    const part = f.history(...funded, f.prepared(100n, 0n), f.settled(30n, 0n, { fee: 0n }));
    expect([part.state.status, f.holdings(part.state)]).to.deep.equal(['completed', { 'held:contract': 70 }]);
  });

  it('row 17b: a timer that carries the next sequence is booked after a settlement', () => {
    const before = [...funded, f.prepared(60n, 0n), f.settled(60n, 0n), f.prepared(40n, 0n, { settleSeq: 1 })];
    const timer = f.history(...before, f.settled(0n, 40n, { settleSeq: 1 }));
    expect(timer.claims).to.deep.equal([`out:56:${f.termsId}:1`]);
    expect(timer.state).to.include({ status: 'released', refunded: 40n, settlement: null });
  });

  it('row 17b: what the books lack comes from the platform, and a person is called', () => {
    const change = f.history(...start, f.confirmed(40n), f.settled(0n, 100n));
    expect(f.postings(change)).to.deep.equal(['excess:contract -40', 'platform -60', 'returned:buyer:buyer1 +100']);
    expect(change.state.flags).to.include('manual');
    expect(f.effects(change)).to.include('alarm');
    // the vault is closed, so money that turns up later cannot be the price any more
    const more = f.changed(decide(change.state, f.confirmed(60n), f.context()));
    expect([more.state.status, f.holdings(more.state as typeof change.state)]).to.deep.equal([
      'processing',
      { 'excess:contract': 60 },
    ]);
  });

  it('frees provider money when the vault paid the price out of an excess', () => {
    const change = f.history(...start, f.confirmed(100n, f.toProvider), atVault, f.settled(100n, 0n));
    expect(change.state.status).to.equal('released');
    expect(f.holdings(change.state)).to.deep.equal({ 'excess:provider': 100 });
    expect(change.state.flags).to.include('manual');
  });

  it('refuses a settlement of another payment, and an impossible fee', () => {
    expect(refusal(funded, f.settled(100n, 0n, { termsId: f.txHash(1) }))).to.equal('evidence_mismatch');
    expect(refusal(funded, f.settled(100n, 0n, { chainId: 1 }))).to.equal('evidence_mismatch');
    expect(refusal(funded, f.settled(10n, 0n, { fee: 11n }))).to.equal('evidence_mismatch');
  });
});
