import { expect } from 'chai';
import { externalIdOf, paymentIdOf } from '../../server/domain/externalId.ts';

describe('externalId', () => {
  it('finds the payment that was named, and none for a name of somebody else', () => {
    const paymentId = '0123456789abcdef01234567';
    expect(paymentIdOf(externalIdOf(paymentId))).to.equal(paymentId);
    const foreign = ['', 'AMN_', paymentId, `amn_${paymentId}`, `AMN_${paymentId}0`, `AMN_${paymentId.toUpperCase()}`];
    expect(foreign.map(paymentIdOf)).to.deep.equal(foreign.map(() => null));
  });
});
