import { expect } from 'chai';
import { arrivalKey, claim, claimConflict } from '../../server/domain/claim.ts';
import { assertLegal, begin, book, finish, move } from '../../server/domain/draft.ts';
import { custodyOf, deadlineFacts, escrowStateOf, exceptionOf } from '../../server/domain/facts.ts';
import { account, balanced, post, reverse } from '../../server/domain/ledger.ts';
import * as trade from '../../server/domain/trade.ts';
import { effectKey, transitionId } from '../../server/domain/transition.ts';
import * as f from './factories.ts';

const leg = (name: string, amount: bigint, asset = f.assetKey) => ({ account: name, asset, amount });
const { state } = f.history(f.opened);
const { state: funded } = f.history(f.opened, f.addressGiven, f.confirmed(100n, f.toProvider));

describe('the books', () => {
  it('balance only in one asset and to zero', () => {
    expect(balanced([])).to.equal(true);
    expect(balanced([leg('a', -5n), leg('b', 5n)])).to.equal(true);
    expect(balanced([leg('a', -5n), leg('b', 4n)])).to.equal(false);
    expect(balanced([leg('a', -5n), leg('b', 5n, 'bsc:X')])).to.equal(false);
    expect(reverse([leg('a', -5n)])).to.deep.equal([leg('a', 5n)]);
  });

  it("keep the payment's own accounts only, in a stable order, without zeros", () => {
    const legs = [
      leg('held:contract:p', 5n),
      leg('buyer:x', -5n),
      leg('excess:contract:p', 2n),
      leg('excess:contract:q', -2n),
    ];
    expect(post([], legs, 'p').map((entry) => entry.account)).to.deep.equal(['excess:contract:p', 'held:contract:p']);
    expect(post(post([], legs, 'p'), reverse(legs), 'p')).to.deep.equal([]);
  });

  it('stop the process on legs that do not balance or an account below zero', () => {
    const crooked = begin(state, f.context());
    book(crooked, [leg(account.excess('contract', state.id), 5n)]);
    expect(() => finish(crooked)).to.throw('unbalanced');
    const negative = begin(state, f.context());
    move(negative, f.assetKey, { from: account.excess('contract', state.id), to: account.loss, amount: 1n });
    expect(() => finish(negative)).to.throw('negative account');
    const reserved = begin(funded, f.context());
    move(reserved, f.assetKey, {
      from: account.held('provider', state.id),
      to: account.pending('contract', state.id),
      amount: 1n,
    });
    expect(() => finish(reserved)).to.throw('reservation');
  });

  it('stop the process on a status its money contradicts', () => {
    for (const fields of [
      { status: 'pending' },
      { status: 'failed' },
      { status: 'released' },
      { status: 'refunded' },
      { status: 'completed', funded: false },
      { status: 'completed', balances: [] },
      { status: 'refunded', balances: [], released: 1n },
      { status: 'released', balances: [] },
    ] as const)
      expect(() => assertLegal({ ...funded, ...fields }), JSON.stringify(Object.keys(fields))).to.throw('contradicts');
    expect(() => assertLegal(funded)).not.to.throw();
    expect(() => assertLegal({ ...funded, balances: [], flags: ['reorged'] })).not.to.throw();
    expect(() => assertLegal({ ...funded, balances: [], status: 'refunded' })).not.to.throw();
    expect(() => assertLegal({ ...funded, balances: [], status: 'released', released: 1n })).not.to.throw();
  });
});

describe('claims', () => {
  it('know a transaction by chain, hash, receiver and token, or by the terms it funds', () => {
    const fact = { chainId: 1, txHash: '0xA', receiver: '0xB', tokenAddress: '0xC' };
    expect(arrivalKey(fact)).to.equal('1:0xa:0xb:0xc');
    expect(arrivalKey({ ...fact, termsId: '0xD' })).to.equal('1:0xa:0xb:0xd');
    expect([claim.transfer('k', 0), claim.transfer('k', 2), claim.reversal('k', 1)]).to.deep.equal([
      'tx:k',
      'tx:k:e2',
      'rev:k:1',
    ]);
  });

  it('mean different things when they are taken', () => {
    const meanings = [
      'evt:a',
      'tx:a',
      'addr:a',
      'out:a',
      'rev:a',
      'payout:a',
      'fund:a',
      'open:a',
      'slot:a',
      'post:a',
      'idem:a',
    ];
    expect(meanings.map((name) => claimConflict(name, true))).to.deep.equal([
      ...Array.from({ length: 6 }, () => 'duplicate'),
      'decideAgain',
      'existing',
      'wait',
      'alreadyAsked',
      'duplicate',
    ]);
    expect(meanings.map((name) => claimConflict(name, false))).to.deep.equal([
      ...Array.from({ length: 6 }, () => 'conflict'),
      'decideAgain',
      'existing',
      'wait',
      'alreadyAsked',
      'keyReused',
    ]);
  });

  it('number transitions and effects so that they sort and may become job ids', () => {
    expect(transitionId('p', 7)).to.equal('p:000007');
    expect(effectKey('p', 7, 1)).to.equal('p-7-1');
    expect(claim.slot('bsc', '0xA', 12)).to.equal('slot:bsc:0xa:000000012');
    expect(claim.slot('bsc', '0xA', 12).startsWith(claim.slotPrefix('BSC', '0xa'))).to.equal(true);
  });
});

describe('derived facts', () => {
  it('say who holds the money and what is exceptional first', () => {
    expect([custodyOf(state), escrowStateOf(state), exceptionOf(state)]).to.deep.equal(['none', 'unfunded', 'none']);
    expect([custodyOf(funded), escrowStateOf(funded)]).to.deep.equal(['provider', 'funded']);
    const forwarded = f.history(f.opened, f.addressGiven, f.confirmed(100n)).state;
    expect([custodyOf(forwarded), escrowStateOf(forwarded)]).to.deep.equal(['contract', 'funded']);
    expect(exceptionOf({ ...state, flags: ['underpaid', 'manual', 'overpaid'] })).to.equal('manual');
    const { deliverBy, fundBy } = state.terms;
    expect(deadlineFacts(state)).to.deep.equal({
      expiresAtMs: f.expiresAtMs,
      watchUntilMs: state.watchUntilMs,
      lastForwardMs: (deliverBy - 86_400) * 1000,
      recoverableBySignerMs: (fundBy + 1) * 1000,
      recoverableByAnyoneMs: (deliverBy + 1) * 1000,
    });
  });
});

describe('trade', () => {
  const request = { id: 'r', status: 'open', selectedOfferId: null } as const;
  const offer = { id: 'o', requestId: 'r', status: 'open' } as const;

  it('takes offers and selections while the request is open', () => {
    expect(trade.requestStatuses.map((status) => trade.placingProblem({ status }))).to.deep.equal([
      null,
      ...Array.from({ length: 4 }, () => 'request_closed'),
    ]);
    expect(trade.selectingProblem(request, offer)).to.equal(null);
    expect(trade.selectingProblem({ ...request, status: 'payment' }, offer)).to.equal('request_closed');
    expect(trade.selectingProblem(request, { ...offer, requestId: 'x' })).to.equal('offer_mismatch');
    expect(trade.selectingProblem({ ...request, selectedOfferId: 'x' }, offer)).to.equal('offer_mismatch');
    expect(trade.selectingProblem(request, { ...offer, status: 'rejected' })).to.equal('offer_not_open');
  });

  it('lets a request be paid until it was funded once, for the selected offer', () => {
    expect(trade.payingProblem(request, offer)).to.equal(null);
    expect(trade.payingProblem({ ...request, status: 'payment' }, { ...offer, status: 'selected' })).to.equal(null);
    for (const status of ['processing', 'seller_paid', 'refunded'] as const)
      expect(trade.payingProblem({ ...request, status }, offer)).to.equal('request_already_funded');
    expect(trade.payingProblem({ ...request, selectedOfferId: 'x' }, offer)).to.equal('offer_mismatch');
    expect(trade.payingProblem(request, { ...offer, requestId: 'x' })).to.equal('offer_mismatch');
    expect(trade.payingProblem(request, { ...offer, status: 'rejected' })).to.equal('offer_not_open');
  });
});
