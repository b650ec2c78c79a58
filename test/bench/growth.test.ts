import { expect } from 'chai';
import { growthProblems, type Size, sizesUpTo } from '../../bench/growth.ts';

const cost = { keysExamined: 10, documentsExamined: 5, commands: 3, ms: 10 };
const size = (payments: number, intent: Partial<typeof cost> = {}): Size => ({
  payments,
  costs: { intent: { ...cost, ...intent }, webhook: cost, get: cost, list: cost },
});

describe('verdict on growth', () => {
  it('measures at every power of ten and at the size that was asked for', () => {
    expect(sizesUpTo(30_000)).to.deep.equal([1_000, 10_000, 30_000]);
    expect(sizesUpTo(1_000_000)).to.deep.equal([1_000, 10_000, 100_000, 1_000_000]);
    expect(sizesUpTo(200)).to.deep.equal([200]);
  });

  it('finds nothing when a thousand times as many payments cost the same', () => {
    expect(growthProblems([size(1_000), size(1_000_000)])).to.deep.equal([]);
  });

  for (const grown of [{ keysExamined: 40 }, { documentsExamined: 7 }, { commands: 5 }, { ms: 16 }]) {
    it(`names what grew: ${Object.keys(grown)}`, () => {
      const [problem, ...rest] = growthProblems([size(1_000), size(1_000_000, grown)]);
      expect(rest).to.deep.equal([]);
      expect(problem).to.match(/^intent: .* grew from (10|5|3) to /);
    });
  }

  it('does not call it constant when nothing was measured', () => {
    expect(growthProblems([])).to.have.length(1);
  });
});
