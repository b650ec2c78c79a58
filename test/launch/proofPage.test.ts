import { expect } from 'chai';
import { withOutcomes } from '../../scripts/faults/proofPage.ts';
import type { Outcome } from '../faults/support/runScenario.ts';

const outcome = (id: string, more: Partial<Outcome> = {}): Outcome => ({
  ...{ id, title: `title of ${id}`, seed: 1, seconds: 9.6, error: null },
  ...{ figures: { kills: 3 }, slowestRecovery: null, crashes: [] },
  ...more,
});
const crash = (label: string, result: string, recoverySeconds = 1.23) => ({
  label,
  source: 'relay',
  result,
  recoverySeconds,
});

describe('launcher: the tables of npm run faults in docs/proof.md', () => {
  const page = '# Proof\n\n## Layer A\n\nfirst\n\n## Layer B: faults on real parts\n\nours\n\n## Layer C\n\nlast\n';

  it('stand in their own section, and leave the others as they are', () => {
    const text = withOutcomes(page, [outcome('F5')]);
    const row = '| F5 | title of F5 | held | 10 s | kills 3 |';
    expect(text).to.include(row);
    expect(text.indexOf('ours')).to.be.below(text.indexOf(row));
    expect(text.indexOf(row)).to.be.below(text.indexOf('## Layer C'));
    expect(text).to.include('## Layer A\n\nfirst\n').and.include('## Layer C\n\nlast\n');
  });

  it('are made when there are none', () => {
    expect(withOutcomes('# Proof\n', [outcome('F5')]))
      .to.include('## Layer B: faults on real parts\n')
      .and.include('| F5 |');
  });

  it('say of a known scenario without a row that it was not run, until it is, and forget one that is gone', () => {
    const known = ['F2', 'F5'].map((id) => ({ id, title: `title of ${id}` }));
    const rows = (text: string) => text.split('\n').filter((line) => /^\| F/.test(line));
    const first = withOutcomes(page, [], [...known, { id: 'F9', title: 'gone' }]);
    expect(rows(first)[1]).to.equal('| F5 | title of F5 | not run | – | – |');
    const second = withOutcomes(first, [outcome('F5')], known);
    expect(rows(second)).to.deep.equal([
      '| F2 | title of F2 | not run | – | – |',
      '| F5 | title of F5 | held | 10 s | kills 3 |',
    ]);
    expect(withOutcomes(second, [], known), 'a measured row stays').to.equal(second);
  });

  it('take new rows in the order of their numbers, replace those that ran again, and keep the rest', () => {
    const first = withOutcomes(page, [
      outcome('F5'),
      outcome('F14', { crashes: [crash('b', 'same'), crash('a', 'same')] }),
    ]);
    const failed = outcome('F5', { error: new Error('no'), crashes: [crash('b', 'FAILED', Number.NaN)] });
    const second = withOutcomes(first, [failed, outcome('F2')]);
    const rows = second.split('\n').filter((line) => /^\| [F`]/.test(line));
    expect(rows).to.deep.equal([
      '| F2 | title of F2 | held | 10 s | kills 3 |',
      '| F5 | title of F5 | FAILED | 10 s | kills 3 |',
      '| F14 | title of F14 | held | 10 s | kills 3 |',
      '| `a` | relay | same | 1.2 s |',
      '| `b` | relay | FAILED | – |',
    ]);
  });
});
