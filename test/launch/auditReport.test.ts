import { expect } from 'chai';
import { asJson, asText, exitCodeOf } from '../../scripts/audit/report.ts';
import type { BooksReport } from '../../server/commands/auditBooks.ts';

const effort = { seconds: 1, rssMb: 90 };
const clean: BooksReport = {
  checked: { payments: 3, transitions: 9, violations: 0, parked: 0 },
  since: 0,
  blocks: [{ network: 'bsc', chainId: 56, number: 42, hash: '0xab' }],
  notCompared: [],
  violations: [],
  parked: [],
};
const violations = [{ invariant: 'I4', record: 'p:000001', detail: 'its legs sum to 1' }] as const;

describe("the audit's report", () => {
  it('ends with 0 only when everything was looked at and holds', () => {
    expect(exitCodeOf(clean)).to.equal(0);
    const notCompared = [{ network: 'heco', logs: 2 }];
    expect(exitCodeOf({ ...clean, notCompared }), 'a network nobody can ask').to.equal(3);
    const wrong = { ...clean, notCompared, violations, checked: { ...clean.checked, violations: 1 } };
    expect(exitCodeOf(wrong), 'a violation weighs more').to.equal(1);
  });

  it('says from which block on it looked, so that nobody takes a part for the whole', () => {
    expect(asText(clean, effort)).not.to.match(/older/);
    expect(asText({ ...clean, since: 61_000_000 }, effort)).to.match(/older than block 61000000/);
    expect(JSON.parse(asJson({ ...clean, since: 7 }, effort))).to.include({ since: 7 });
  });

  it('names the networks that it could not compare, and does not say that everything holds', () => {
    const report = { ...clean, notCompared: [{ network: 'heco', logs: 2 }] };
    expect(asText(clean, effort)).to.match(/Everything holds\.$/);
    expect(asText(report, effort)).to.match(/heco.*2 log/);
    expect(asText(report, effort)).not.to.match(/Everything holds/);
    expect(JSON.parse(asJson(report, effort)).notCompared).to.deep.equal([{ network: 'heco', logs: 2 }]);
  });
});
