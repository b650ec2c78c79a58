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

  const { seller, refundTo } = f.addresses;
  const share = (account: string, amount: bigint, logIndex: number, inVault = false) => ({
    ...{ account, amount, inVault, logIndex },
  });
  const notTaken = f.settled(60n, 40n, { fee: 1n, credits: [share(seller, 59n, 3), share(refundTo, 40n, 4)] });
  const withdrawn = (account: string, amount: bigint, redirected = false): Signal => ({
    kind: 'creditWithdrawn',
    movement: f.movement(amount),
    ...{ account, redirected },
  });

  it('row 19: shares that were not taken stay the contract’s debt and have a claim where the pool keeps them', () => {
    const change = f.history(...funded, notTaken);
    expect(f.postings(change)).to.have.members([
      'held:contract -100',
      'fees:market +1',
      `credit:${seller} +59`,
      `credit:${refundTo} +40`,
    ]);
    const place = (n: number) => `000000001100:00000${n}:${f.termsId}`;
    expect(change.claims).to.include.members([
      `credit:56:${seller}:${f.addresses.token}:${place(3)}`,
      `credit:56:${refundTo}:${f.addresses.token}:${place(4)}`,
    ]);
    expect(change.state).to.include({ status: 'released', released: 60n, refunded: 40n });
    expect(f.effects(change)).to.include.members(['payment_released', 'payment_credited']);
    const inVault = f.history(...funded, f.settled(100n, 0n, { fee: 1n, credits: [share(seller, 99n, 3, true)] }));
    expect(inVault.claims.filter((name) => name.startsWith('credit:'))).to.deep.equal([]);
  });

  it('row 19: what goes out of a credit after all reaches its receiver, or the wallet that is owed from', () => {
    const change = f.history(...funded, notTaken, withdrawn(seller, 20n));
    expect(f.postings(change)).to.deep.equal([`credit:${seller} -20`, 'paid:seller:seller1 +20']);
    expect(change.claims).to.deep.equal([claimOf(`creditwithdrawn:${seller}`)]);
    expect(f.effects(change)).to.deep.equal(['payment_credit_withdrawn']);
    const back = f.history(...funded, notTaken, withdrawn(refundTo, 40n, true));
    expect(f.postings(back)).to.deep.equal([`credit:${refundTo} -40`, 'returned:buyer:buyer1 +40']);
    expect(back.state.flags).to.deep.equal([]);
    const platform = [platformTerms, f.addressGiven, atVault, notTaken];
    const away = f.history(...platform, withdrawn(seller, 59n, true));
    expect(f.postings(away)).to.deep.equal([`credit:${seller} -59`, 'owed:seller:seller1 +59']);
    expect(away.state.flags).to.deep.equal(['manual']);
  });

  it('row 19: calls a person for the platform’s own side alone: the other party may send its money where it likes', () => {
    const terms: Signal = { kind: 'intentOpened', intent: f.intent({ sellerIsPlatform: true }) };
    const flags = (account: string, amount: bigint) =>
      f.history(terms, f.addressGiven, atVault, notTaken, withdrawn(account, amount, true)).state.flags;
    expect(flags(seller, 59n)).to.deep.equal(['manual']);
    expect(flags(refundTo, 40n)).to.deep.equal([]);
  });

  it('row 19: refuses credits that are no part of the settlement, and accounts that the terms do not pay', () => {
    const settledWith = (...credits: ReturnType<typeof share>[]) =>
      refusal(funded, f.settled(60n, 40n, { fee: 1n, credits }));
    expect(settledWith(share(seller, 59n, 1))).to.equal('change');
    expect(settledWith(share(seller, 60n, 1))).to.equal('evidence_mismatch');
    expect(settledWith(share(refundTo, 41n, 1))).to.equal('evidence_mismatch');
    expect(settledWith(share(f.addresses.payer, 1n, 1))).to.equal('evidence_mismatch');
    expect(refusal([...funded, notTaken], withdrawn(f.addresses.payer, 1n))).to.equal('evidence_mismatch');
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

  it('row 20b: a shortfall is the price’s before it is a surplus’s: the contract took it off what the record owes', () => {
    const change = f.history(...funded, f.confirmed(5n), { kind: 'shortfall', movement: f.movement(3n) });
    expect(f.postings(change)).to.deep.equal(['held:contract -3', 'loss +3']);
    expect(f.holdings(change.state)).to.deep.equal({ 'held:contract': 97, 'excess:contract': 5 });
    expect(change.state.settled).to.equal(3n);
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
