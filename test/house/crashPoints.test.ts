import { expect } from 'chai';
import { labelsOfSource, plannedDeaths } from '../faults/support/crashPlan.ts';

describe('house: crash points', () => {
  it('finds a death of F1 planned for every label of the source, and no label that is gone', () => {
    const planned = [...new Set(plannedDeaths.map(({ label }) => label))].sort();
    expect(labelsOfSource()).to.have.length.above(30);
    expect(planned).to.deep.equal(labelsOfSource());
  });

  it('plans each death once', () => {
    const rows = plannedDeaths.map(({ at, life }) => `${at} ${life}`);
    expect(new Set(rows).size).to.equal(rows.length);
  });
});
