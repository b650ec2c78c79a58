import { expect } from 'chai';
import { parseTestArguments } from '../../scripts/test/arguments.ts';

describe('the arguments of npm test', () => {
  it('runs everything, checks included, without any', () => {
    const all = parseTestArguments([]);
    expect(all).to.deep.equal({
      checks: true,
      coverage: false,
      needsServices: true,
      lanes: [['test/**/*.test.ts', '--exclude', 'test/faults/**/*.test.ts'], ['test/faults/**/*.test.ts']],
    });
  });

  it('starts services for a given file only when its folder needs them, and skips the checks', () => {
    expect(parseTestArguments(['test/domain/money.test.ts'])).to.include({ checks: false, needsServices: false });
    expect(parseTestArguments(['./test/house/imports.test.ts'])).to.include({ needsServices: false });
    expect(parseTestArguments(['test/domain/money.test.ts', 'test/http/x.test.ts'])).to.include({
      needsServices: true,
    });
  });

  it('keeps its own options from mocha and passes on the rest', () => {
    const { lanes, coverage, checks } = parseTestArguments(['--coverage', '--grep', 'release']);
    expect(lanes).to.deep.equal([['test/**/*.test.ts', '--grep', 'release']]);
    expect({ coverage, checks }).to.deep.equal({ coverage: true, checks: true });
  });

  it('runs the service-free folders for --unit and the house tests with the checks for --checks', () => {
    expect(parseTestArguments(['--unit']).lanes[0]).to.include('test/domain/**/*.test.ts');
    expect(parseTestArguments(['--unit'])).to.include({ checks: false, needsServices: false });
    expect(parseTestArguments(['--checks'])).to.include({ checks: true, needsServices: false });
    expect(parseTestArguments(['--checks']).lanes[0]).to.deep.equal(['test/house/**/*.test.ts']);
  });
});
