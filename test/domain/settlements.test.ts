import { expect } from 'chai';
import { arrivalKey } from '../../server/domain/claim.ts';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import * as f from './factories.ts';

const start = [f.opened, f.addressGiven];
const atVault = f.confirmed(100n);
const funded = [...start, atVault];
const lateFunded = [...start, f.deadlinePassed, f.confirmed(100n, f.late)];

function refusal(signals: readonly Signal[], signal: Signal): string {
  const decision = decide(f.history(...signals).state, f.frozen(signal), f.context({ seq: 9 }));
  return decision.outcome === 'refused' ? decision.code : decision.outcome;
}
const platformTerms: Signal = {
  kind: 'intentOpened',
  intent: f.intent({ sellerIsPlatform: true, refundIsPlatform: true }),
};

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

describe('the postings of other events of the contract', () => {
  const recovered = (amount: bigint, closed = false): Signal => ({
    kind: 'recovered',
    movement: f.movement(amount),
    closed,
  });
  const claimOf = (what: string) => `out:56:${f.movement(1n).txHash}:${f.termsId}:${what}`;

  it('row 18: mirrors delivery and dispute once', () => {
    const delivered: Signal = { kind: 'delivered', txHash: f.txHash(1) };
    const frozen: Signal = { kind: 'disputeOpened', txHash: f.txHash(1) };
    expect(f.history(...funded, delivered).state.delivered).to.equal(true);
    expect(f.history(...funded, frozen).state.flags).to.deep.equal(['disputed']);
    expect(refusal([...funded, delivered], delivered)).to.equal('noChange');
    expect(refusal([...funded, frozen], frozen)).to.equal('noChange');
  });

  it('row 20: recovered surplus leaves the status', () => {
    const change = f.history(...funded, f.confirmed(5n), recovered(5n));
    expect(f.postings(change)).to.deep.equal(['excess:contract -5', 'returned:buyer:buyer1 +5']);
    expect(change.claims).to.deep.equal([claimOf(f.addresses.token)]);
    expect(change.state).to.include({ status: 'completed', refunded: 0n });
  });

  it('row 20: a recovery that closes the vault voids the open settlement and refunds', () => {
    const change = f.history(...funded, f.prepared(60n, 0n), recovered(100n, true));
    expect(f.postings(change)).to.deep.equal([
      'pending:contract -60',
      'held:contract +60',
      'held:contract -100',
      'returned:buyer:buyer1 +100',
    ]);
    expect(change.state).to.include({ status: 'refunded', refunded: 100n, settlement: null });
    expect(f.effects(change)).to.deep.equal(['request refunded', 'payment_refunded']);
    const rest = [...start, f.confirmed(60n), f.confirmed(40n, f.toProvider), recovered(60n, true)];
    expect(f.history(...rest).state).to.include({ status: 'completed', refunded: 60n });
    const paidBack = [
      ...rest,
      f.payout('held:provider', 40n),
      { kind: 'payoutSucceeded', n: 1, transfer: null, txHash: null } as const,
    ];
    expect(f.history(...paidBack).state).to.include({ status: 'refunded', refunded: 100n });
  });

  it('row 20: a closed vault never completes again, whatever comes', () => {
    const change = f.history(...start, f.confirmed(40n), recovered(40n, true), f.confirmed(100n, f.toProvider));
    expect([change.state.status, change.claims.includes('fund:request')]).to.deep.equal(['processing', false]);
    expect(change.state.flags).to.include.members(['manual', 'paid_late']);
    expect(f.holdings(change.state)).to.deep.equal({ 'excess:provider': 100 });
    const pending = f.history(...start, recovered(40n, true), atVault);
    expect(pending.state.status).to.equal('processing');
  });

  it('row 20: a recovered short payment shows as refunded and stays failed', () => {
    const change = f.history(...start, f.confirmed(40n), f.deadlinePassed, recovered(40n, true));
    expect(change.state).to.include({ status: 'failed', refunded: 40n });
    expect(f.effects(change)).to.deep.equal(['payment_refunded']);
    expect(
      refusal(funded, { kind: 'recovered', movement: { ...f.movement(1n), termsId: f.txHash(1) }, closed: false }),
    ).to.equal('evidence_mismatch');
  });

  it('row 20: what recovers out of a reservation voids it', () => {
    const change = f.history(...funded, f.prepared(60n, 0n), recovered(70n));
    expect(f.postings(change)).to.deep.equal([
      'held:contract -40',
      'pending:contract -30',
      'returned:buyer:buyer1 +70',
      'pending:contract -30',
      'held:contract +30',
    ]);
    expect(change.state).to.include({ status: 'completed', settlement: null, refunded: 70n });
  });

  it('row 20b: money brought back later passes by the payment', () => {
    const change = f.history(...funded, f.prepared(100n, 0n), f.settled(100n, 0n), {
      kind: 'refundedLater',
      movement: f.movement(8n),
    });
    expect(f.postings(change)).to.deep.equal(['platform -8', 'returned:buyer:buyer1 +8']);
    expect([change.state.status, change.claims]).to.deep.equal(['released', [claimOf('refundedlater')]]);
    const owed = f.history(platformTerms, { kind: 'refundedLater', movement: f.movement(8n) });
    expect(f.postings(owed)).to.deep.equal(['platform -8', 'owed:buyer:buyer1 +8']);
  });

  it('row 20b: a shortfall is lost, and the timer that follows ends the payment', () => {
    const short = [...funded, f.prepared(60n, 0n), { kind: 'shortfall', movement: f.movement(30n) } as const];
    const change = f.history(...short);
    expect(f.postings(change)).to.deep.equal([
      'pending:contract -60',
      'held:contract +60',
      'held:contract -30',
      'loss +30',
    ]);
    expect([change.claims, f.effects(change)]).to.deep.equal([[claimOf('shortfall')], ['alarm']]);
    expect(f.history(...short, f.settled(0n, 70n)).state).to.include({ status: 'refunded', refunded: 70n });
    const all = [...funded, { kind: 'shortfall', movement: f.movement(100n) } as const, f.settled(0n, 0n)];
    expect(f.history(...all).state.status).to.equal('refunded');
  });

  it('row 20b: a bump voids what was prepared for an older sequence only', () => {
    const bump = (settleSeq: number): Signal => ({ kind: 'seqBumped', movement: f.movement(0n), settleSeq });
    const change = f.history(...funded, f.prepared(100n, 0n), bump(1));
    expect(f.postings(change)).to.deep.equal(['pending:contract -100', 'held:contract +100']);
    expect([change.state.settlement, change.claims]).to.deep.equal([null, [claimOf('seqbumped')]]);
    expect(refusal([...funded, f.prepared(100n, 0n, { settleSeq: 1 })], bump(1))).to.equal('noChange');
    expect(refusal(funded, bump(1))).to.equal('noChange');
  });
});

describe('the postings of payouts', () => {
  const failed95 = [...start, f.confirmed(95n, f.toProvider), f.deadlinePassed];
  const success = (n = 1, transfer: Parameters<typeof f.transfer> | null = null): Signal => ({
    kind: 'payoutSucceeded',
    n,
    transfer: transfer && f.transfer(...transfer),
    txHash: null,
  });
  const failure: Signal = { kind: 'payoutFailed', n: 1, proof: 'reverted' };

  it('row 22: reserves the money and opens the record that sends it', () => {
    const change = f.history(...failed95, f.payout('excess:provider', 95n));
    expect(f.postings(change)).to.deep.equal(['excess:provider -95', 'pending:provider +95']);
    expect(change.claims).to.deep.equal([`payout:${f.paymentId}:1`]);
    expect(change.effects).to.deep.equal([{ type: 'openPayoutRecord', n: 1 }]);
    expect(refusal([...failed95, f.payout('excess:provider', 95n)], f.payout('excess:provider', 95n))).to.equal(
      'noChange',
    );
  });

  it('row 22: refuses more than there is, nothing, and no address', () => {
    expect(refusal(failed95, f.payout('excess:provider', 96n))).to.equal('amount_exceeds_balance');
    expect(refusal(failed95, f.payout('excess:provider', 0n))).to.equal('amount_invalid');
    for (const destination of ['', `0x${'0'.repeat(40)}`])
      expect(refusal(failed95, f.payout('excess:provider', 95n, { destination }))).to.equal('refund_address_missing');
    expect(refusal(failed95, f.payout('owed:seller', 1n))).to.equal('amount_exceeds_balance');
    const many = Array.from({ length: 95 }, (_, n) => f.payout('excess:provider', 1n, { payoutId: `p${n}` }));
    const more = [...failed95, f.confirmed(50n, { ...f.toProvider, ...f.late }), ...many];
    const five = Array.from({ length: 5 }, (_, n) => f.payout('excess:provider', 1n, { payoutId: `q${n}` }));
    expect(refusal([...more, ...five], f.payout('excess:provider', 1n, { payoutId: 'r' }))).to.equal('limit_reached');
  });

  it('row 23: a proven payout is gone, and claims the transfer that proves it', () => {
    const sent = f.transfer(95n, { receiver: f.addresses.refundTo, ...f.fromHotWallet });
    const signal: Signal = { kind: 'payoutSucceeded', n: 1, transfer: sent, txHash: sent.txHash };
    const change = f.history(...failed95, f.payout('excess:provider', 95n), signal);
    expect(f.postings(change)).to.deep.equal(['pending:provider -95', 'returned:buyer:buyer1 +95']);
    expect(change.claims).to.deep.equal([`tx:${arrivalKey(sent)}`]);
    expect(change.state).to.include({ status: 'failed', refunded: 95n });
    const before = [...failed95, f.payout('excess:provider', 95n)];
    expect(refusal([...before, signal], signal)).to.equal('noChange');
    expect(refusal([...before, signal], failure)).to.equal('noChange');
    expect(refusal(before, success(1, [94n, { receiver: f.addresses.refundTo }]))).to.equal('evidence_mismatch');
    expect(refusal(before, success(1, [95n]))).to.equal('evidence_mismatch');
    expect(refusal(before, success(2))).to.equal('payout_not_open');
  });

  it('row 23: a seller who was owed is paid from the treasury, a buyer from the refund wallet', () => {
    const owed = [platformTerms, f.addressGiven, atVault, f.prepared(60n, 40n), f.settled(60n, 40n, { fee: 0n })];
    const seller = [...owed, f.payout('owed:seller', 60n)];
    expect(f.postings(f.history(...seller))).to.deep.equal(['owed:seller:seller1 -60', 'pending:treasury +60']);
    expect(f.postings(f.history(...seller, success()))).to.deep.equal([
      'pending:treasury -60',
      'paid:seller:seller1 +60',
    ]);
    const buyer = [...seller, f.payout('owed:buyer', 40n)];
    expect(f.postings(f.history(...buyer))).to.deep.equal(['owed:buyer:buyer1 -40', 'pending:refunds +40']);
    const done = f.history(...buyer, success(2));
    expect(f.postings(done)).to.deep.equal(['pending:refunds -40', 'returned:buyer:buyer1 +40']);
    expect(done.state).to.include({ status: 'released', refunded: 40n });
  });

  it('row 24: a dead payout gives the money back, and a resurrected one calls a person', () => {
    const before = [...failed95, f.payout('excess:provider', 95n), failure];
    expect(f.postings(f.history(...before))).to.deep.equal(['pending:provider -95', 'excess:provider +95']);
    const after = f.history(...before, success());
    expect(f.postings(after)).to.deep.equal(['excess:provider -95', 'returned:buyer:buyer1 +95']);
    expect(after.state.flags).to.include('manual');
  });

  it('an excess that is paid out of a funded payment is no refund of its price', () => {
    const change = f.history(...start, f.confirmed(105n, f.toProvider), f.payout('excess:provider', 5n), success());
    expect(change.state).to.include({ status: 'completed', refunded: 0n });
    expect(f.holdings(change.state)).to.deep.equal({ 'held:provider': 100 });
  });

  it('a reservation that a reversal emptied is not given back twice', () => {
    const arrival = f.confirmed(95n, f.toProvider);
    const orphaned: Signal = { kind: 'transferOrphaned', arrivalKey: arrivalKey(arrival.transfer), epoch: 0 };
    const before = [...start, arrival, f.deadlinePassed, f.payout('excess:provider', 95n), orphaned];
    expect(f.postings(f.history(...before))).to.deep.equal(['buyer:buyer1 +95', 'pending:provider -95']);
    expect(f.history(...before, failure).legs).to.deep.equal([]);
    expect(f.postings(f.history(...before, success()))).to.deep.equal(['platform -95', 'returned:buyer:buyer1 +95']);
  });
});
