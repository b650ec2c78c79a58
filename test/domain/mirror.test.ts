import { expect } from 'chai';
import type { Signal } from '../../server/domain/signal.ts';
import { zeroAddress } from '../../server/domain/terms.ts';
import * as f from './factories.ts';
import { atVault, fund, funded, platformTerms, refusal, start } from './story.ts';

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
    expect([change.state.status, change.claims.includes(fund)]).to.deep.equal(['processing', false]);
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

  it('row 20: books nothing of a token that is not listed, whatever the escrow recovered of it', () => {
    const token = f.addresses.otherToken;
    const fake = { ...f.movement(7n), asset: `bsc:${token}`, tokenAddress: token };
    const signal: Signal = { kind: 'recovered', movement: fake, closed: false };
    expect(refusal(funded, signal)).to.equal('evidence_mismatch');
    expect(refusal(start, signal)).to.equal('evidence_mismatch');
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
    // the contract names no token here
    const movement = { ...f.movement(30n), asset: `bsc:${zeroAddress}`, tokenAddress: zeroAddress };
    const short = [...funded, f.prepared(60n, 0n), { kind: 'shortfall', movement } as const];
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
