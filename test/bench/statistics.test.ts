import { expect } from 'chai';
import { median, percentile, slope, spread } from '../../bench/statistics.ts';

describe('statistics of the bench', () => {
  it('takes the middle value as median, whatever the order, since one disturbed pair must not move a ratio', () => {
    expect(median([0.9, 40, 1.1])).to.equal(1.1);
  });

  it('takes the mean of the two in the middle when they are even', () => {
    expect(median([4, 1, 3, 2])).to.equal(2.5);
  });

  it('does not sort the values it was given, since pairs stand in their order', () => {
    const values = [3, 1, 2];
    median(values);
    percentile(values, 0.5);
    expect(values).to.deep.equal([3, 1, 2]);
  });

  it('spreads from the lowest to the highest', () => {
    expect(spread([2, 7, 3])).to.equal(5);
    expect(spread([4])).to.equal(0);
  });

  it('finds the value that a share of all does not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(percentile(hundred, 0.5)).to.equal(50);
    expect(percentile(hundred, 0.99)).to.equal(99);
    expect(percentile(hundred, 1)).to.equal(100);
    expect(percentile([5], 0.99)).to.equal(5);
  });

  it('sees how fast something grows, and that noise around a level does not', () => {
    const at = (y: (x: number) => number) => [0, 1, 2, 3].map((x) => ({ x, y: y(x) }));
    expect(slope(at((x) => 10 + 2.5 * x))).to.be.closeTo(2.5, 1e-12);
    expect(slope(at((x) => 10 - x))).to.be.closeTo(-1, 1e-12);
    expect(slope([0, 1, 2, 3].map((x, n) => ({ x, y: [1, 2, 2, 1][n] ?? 0 })))).to.equal(0);
  });

  it('refuses what has no answer, since NaN would pass as a target missed for another reason', () => {
    for (const work of [
      () => median([]),
      () => spread([]),
      () => percentile([], 0.5),
      () => slope([{ x: 1, y: 1 }]),
      () =>
        slope([
          { x: 1, y: 1 },
          { x: 1, y: 2 },
        ]),
    ])
      expect(work).to.throw(RangeError);
  });
});
