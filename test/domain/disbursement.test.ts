import { expect } from 'chai';
import { arrivalKey } from '../../server/domain/claim.ts';
import { approvalHash, type ProposedPayout } from '../../server/domain/payoutApproval.ts';
import type { Signal } from '../../server/domain/signal.ts';
import * as f from './factories.ts';
import { atVault, platformTerms, refusal, start } from './story.ts';

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

  it('row 22: an approved payout is the approved one in every part, and claims its approval', () => {
    const account = `excess:provider:${f.paymentId}`;
    const proposed = { paymentId: f.paymentId, n: 1, account, asset: f.asset, amount: 95n, actor: 'test' };
    const right = { ...proposed, destination: f.addresses.refundTo };
    const ordered = (approved: Partial<ProposedPayout>) =>
      f.payout('excess:provider', 95n, { approval: approvalHash({ ...right, ...approved }) });
    expect(f.history(...failed95, ordered({})).claims).to.deep.equal([
      `approval:${approvalHash(right)}`,
      `payout:${f.paymentId}:1`,
    ]);
    const others: readonly Partial<ProposedPayout>[] = [
      ...[{ paymentId: 'f'.repeat(24) }, { n: 2 }, { account: `held:provider:${f.paymentId}` }, { amount: 94n }],
      ...[{ destination: f.addresses.hotWallet }, { actor: 'user:another' }],
      ...[{ asset: { ...f.asset, token: 'USDC' } }, { asset: { ...f.asset, chainId: 1 } }],
    ];
    for (const other of others) expect(refusal(failed95, ordered(other))).to.equal('approval_mismatch');
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

  it('row 24: a resurrected payout is booked although a reversal took its payment back to pending meanwhile', () => {
    const arrival = f.confirmed(105n, f.toProvider);
    const orphaned: Signal = { kind: 'transferOrphaned', arrivalKey: arrivalKey(arrival.transfer), epoch: 0 };
    const before = [...start, arrival, f.payout('excess:provider', 5n), failure, orphaned];
    expect(f.history(...before).state.status).to.equal('pending');
    const after = f.history(...before, success());
    expect(f.postings(after)).to.deep.equal(['platform -5', 'returned:buyer:buyer1 +5']);
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
