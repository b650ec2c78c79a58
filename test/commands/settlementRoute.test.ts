import { expect } from 'chai';
import { routeOf, type SettlementWish } from '../../server/commands/rules/settlementRoute.ts';
import type { Signal } from '../../server/domain/signal.ts';
import { AppError, type ErrorCode } from '../../server/errors.ts';
import * as f from '../domain/factories.ts';

const atProvider = f.confirmed(100n, f.toProvider);
const died: Signal = { kind: 'forwardFailed', proof: 'refused' };
const states = {
  'a price whose forward died': f.history(f.opened, f.addressGiven, atProvider, f.forwardRequested, died).state,
  'money that came late': f.history(
    ...[f.opened, f.addressGiven, f.deadlinePassed],
    f.confirmed(100n, { ...f.toProvider, ...f.late }),
  ).state,
};

const refund = (more: Partial<SettlementWish>): SettlementWish => ({
  ...{ kind: 'refund', amount: null, toSeller: null, toBuyer: null },
  ...more,
});

for (const [name, state] of Object.entries(states)) {
  describe(`a refund of ${name}, which the provider holds`, () => {
    function refusal(wish: Partial<SettlementWish>): ErrorCode {
      try {
        routeOf(state, refund(wish));
      } catch (error) {
        if (error instanceof AppError) return error.code;
      }
      throw new Error('it was not refused');
    }
    const paysOut = (wish: Partial<SettlementWish>): bigint => {
      const route = routeOf(state, refund(wish));
      if (route.via !== 'payout') throw new Error('no payout');
      return route.amount;
    };

    it('goes out at once and to the buyer alone, so a part for the seller is refused and not forgotten', () => {
      expect(refusal({ toSeller: 30n, toBuyer: 70n })).to.equal('validation_failed');
      expect(refusal({ toSeller: 30n })).to.equal('validation_failed');
    });

    it('gives the buyer nothing when only the other part is named, as nothing', () => {
      expect(refusal({ toSeller: 0n })).to.equal('validation_failed');
      expect(refusal({ toBuyer: 0n })).to.equal('validation_failed');
    });

    it('gives the buyer what is named for him, else everything', () => {
      expect([paysOut({}), paysOut({ amount: 40n })]).to.deep.equal([100n, 40n]);
      expect([paysOut({ toBuyer: 40n }), paysOut({ toSeller: 0n, toBuyer: 40n })]).to.deep.equal([40n, 40n]);
      expect(refusal({ toBuyer: 101n })).to.equal('amount_exceeds_balance');
    });
  });
}
