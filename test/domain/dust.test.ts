import { expect } from 'chai';
import { arrivalKey, claim } from '../../server/domain/claim.ts';
import * as f from './factories.ts';
import { refusal, start } from './story.ts';

const kept = 64;
const priced = [{ kind: 'intentOpened', intent: f.intent({ price: 1_000_000n }) } as const, f.addressGiven];
const otherToken = { tokenAddress: f.addresses.otherToken, asset: 'bsc:USDC' };
const dust = (count: number, overrides = {}) => Array.from({ length: count }, () => f.confirmed(999n, overrides));

describe('dust', () => {
  for (const [name, overrides] of [
    ['of the real token', {}],
    ['of another token', otherToken],
  ] as const) {
    it(`${name} is kept only while there is little of it, and booked once by its claim all the same`, () => {
      const full = [...priced, ...dust(kept, overrides)];
      const more = f.confirmed(999n, overrides);
      const change = f.history(...full, more);
      expect(change.state.arrivals).to.have.length(kept);
      expect(change.claims).to.deep.equal([claim.transfer(arrivalKey(more.transfer), 0)]);
      expect(f.postings(change)).to.deep.equal(['buyer:buyer1 -999', 'excess:contract +999']);
      expect(f.holdings(change.state)['excess:contract']).to.equal(999 * (kept + 1));
    });
  }

  it('does not keep the price from being paid, nor its parts from being known', () => {
    const full = [...priced, ...dust(kept + 10)];
    const part = f.history(...full, f.confirmed(1_000n));
    expect(part.state.arrivals).to.have.length(kept + 1);
    const paid = f.history(...full, f.confirmed(1_000_000n));
    expect(paid.state).to.deep.include({ status: 'completed', funded: true });
    expect(f.holdings(paid.state)).to.deep.equal({ 'held:contract': 1_000_000, 'excess:contract': 999 * (kept + 10) });
  });

  it('calls a person, once, when a reversal takes what was not kept', () => {
    const more = f.confirmed(999n);
    const key = arrivalKey(more.transfer);
    const gone = { kind: 'transferOrphaned', arrivalKey: key, epoch: 0 } as const;
    const change = f.history(...priced, ...dust(kept), more, gone);
    expect(change.claims).to.deep.equal([claim.reversal(key, 0)]);
    expect(change.state.flags).to.include('manual');
    expect(f.effects(change)).to.deep.equal(['alarm']);
    expect(change.legs).to.deep.equal([]);
    expect(refusal([...priced, ...dust(kept - 1)], gone)).to.equal('noChange');
  });

  it('of a worthless token is no forward, whatever its contract says of its sender', () => {
    const worthless = { tokenAddress: f.addresses.otherToken, asset: `bsc:${f.addresses.otherToken}` };
    const { transfer } = f.confirmed(123n, { ...worthless, ...f.fromHotWallet });
    const change = f.history(...start, { kind: 'transferConfirmed', transfer });
    expect(change.state.flags).to.deep.equal([]);
    expect(f.postings(change)).to.deep.equal(['buyer:buyer1 -123', 'excess:contract +123']);
    expect(refusal(start, { kind: 'forwardConfirmed', transfer })).to.equal('evidence_mismatch');
  });
});
