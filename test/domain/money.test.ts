import { expect } from 'chai';
import fc from 'fast-check';
import { formatAmount, largestAmount, parseAmount, smaller } from '../../server/domain/money.ts';
import { seed } from './seed.ts';

const parsed = (input: string | number, decimals = 18) => {
  const result = parseAmount(input, decimals);
  return result.outcome === 'parsed' ? result.amount : result.reason;
};

describe('money', () => {
  it('reads plain decimals exactly', () => {
    for (const [input, decimals, amount] of [
      ['1', 18, 10n ** 18n],
      ['0.000000000000000001', 18, 1n],
      ['1.50', 2, 150n],
      ['100', 0, 100n],
      [100, 6, 100_000_000n],
      [0.1, 18, 10n ** 17n],
      ['79228162514264337593543950335', 0, largestAmount],
      [Number.MAX_SAFE_INTEGER, 0, 9007199254740991n],
    ] as const)
      expect(parsed(input, decimals), String(input)).to.equal(amount);
  });

  it('refuses everything that needs guessing or rounding, and says why', () => {
    const notDecimal = [
      '-1',
      '',
      ' ',
      '1,5',
      '.5',
      '5.',
      '00.5',
      '01',
      '+1',
      '1e3',
      '1e30',
      'NaN',
      '0x1',
      '1 ',
      ' 1',
      '1_0',
      '١',
      '1.2.3',
      'Infinity',
    ];
    for (const input of [...notDecimal, 1e-7, -1, -0.5]) expect(parsed(input), String(input)).to.equal('not_a_decimal');
    for (const input of [Number.NaN, Number.POSITIVE_INFINITY, 1e30, Number.MAX_SAFE_INTEGER + 1, -1e30])
      expect(parsed(input), String(input)).to.equal('unsafe_number');
    for (const input of ['0', '0.0', 0, -0]) expect(parsed(input), String(input)).to.equal('not_positive');
    expect(parsed('0.0000000000000000001')).to.equal('too_many_decimals');
    expect(parsed('1.0', 0)).to.equal('too_many_decimals');
    expect(parsed('79228162514264337593543950336', 0)).to.equal('too_large');
    expect(parsed('9'.repeat(30), 0)).to.equal('not_a_decimal');
  });

  it('writes base units without exponent and trailing zeros', () => {
    for (const [base, decimals, text] of [
      [0n, 18, '0'],
      [1n, 18, '0.000000000000000001'],
      [150n, 2, '1.5'],
      [100n, 0, '100'],
      [-5n, 1, '-0.5'],
      [10n ** 30n, 18, '1000000000000'],
    ] as const)
      expect(formatAmount(base, decimals)).to.equal(text);
  });

  it(`reads back what it wrote (seed ${seed})`, () => {
    const amounts = fc.bigInt({ min: 1n, max: largestAmount });
    fc.assert(
      fc.property(amounts, fc.nat(24), (amount, decimals) => {
        expect(parsed(formatAmount(amount, decimals), decimals)).to.equal(amount);
      }),
      { seed },
    );
  });

  it('names the smaller of two amounts', () => {
    expect([smaller(1n, 2n), smaller(2n, 1n), smaller(3n, 3n)]).to.deep.equal([1n, 1n, 3n]);
  });
});
