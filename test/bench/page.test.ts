import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { renderNumbers, withNumbers } from '../../bench/page.ts';

const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
const line = { ratio: 0.5, spread: 0.1, target: 0.9, met: false };

describe('numbers of docs/performance.md', () => {
  it('says which targets are missed, since a page that hides them is worth nothing', () => {
    const numbers = renderNumbers(
      [
        { key: 'R2', what: 'webhooks', line, notes: ['a | b'] },
        { key: 'R3', what: 'duplicates', line: { ...line, ratio: 1, met: true }, notes: [] },
        { key: 'R9', what: 'sender', line: { ...line, ratio: null, spread: null, reason: 'not yet' }, notes: [] },
      ],
      'On two cores.',
    );
    expect(numbers.split('\n').slice(4)).to.deep.equal([
      '| R2 | webhooks | 0.50 | 0.10 | 0.90 | **missed** | a / b |',
      '| R3 | duplicates | 1.00 | 0.10 | 0.90 | met |  |',
      '| R9 | sender | – | – | 0.90 | not yet |  |',
    ]);
  });

  it('replaces what stands between the marks and nothing else, however often', () => {
    const once = withNumbers(page, 'first');
    expect(withNumbers(once, 'second')).to.equal(once.replace('first', 'second'));
    expect(() => withNumbers('no marks', 'x')).to.throw('marks');
  });
});
