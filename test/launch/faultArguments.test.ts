import { expect } from 'chai';
import { parseFaultArguments } from '../../scripts/faults/arguments.ts';

const known = [{ id: 'F1' }, { id: 'F5' }];
const parse = (...args: string[]) => parseFaultArguments(args, known);

describe('launcher: the arguments of npm run faults', () => {
  it('runs everything in full by default', () => {
    expect(parse()).to.deep.equal({
      ...{ only: [], json: false, size: 'full', seed: undefined, recoveryLimitSeconds: undefined, numbers: {} },
    });
  });

  it('reads scenarios, size, seed, limit and numbers', () => {
    const args = ['--only', 'F1,F5', '--short', '--seed', '7', '--recovery', '30', '--set', 'a=1,b=20', '--json'];
    expect(parse(...args)).to.deep.equal({
      ...{ only: ['F1', 'F5'], json: true, size: 'short', seed: 7, recoveryLimitSeconds: 30, numbers: { a: 1, b: 20 } },
    });
  });

  it('refuses what it does not know, so that nobody waits for a run that he did not mean', () => {
    for (const args of [['--onyl', 'F1'], ['--only', 'F9'], ['--only'], ['--seed', 'x'], ['--set', 'a'], ['F1']]) {
      expect(() => parse(...args), args.join(' ')).to.throw();
    }
  });
});
