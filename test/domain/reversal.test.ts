import { expect } from 'chai';
import type { Signal } from '../../server/domain/signal.ts';
import * as f from './factories.ts';
import { atProvider, atVault, forward, key, lateAtVault, orphan, refusal, start, tx } from './story.ts';

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
