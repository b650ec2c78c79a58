import { expect } from 'chai';
import { parseTestArguments } from '../../scripts/test/arguments.ts';

describe('the arguments of npm test', () => {
  it('runs everything that ten minutes allow, checks included, without any', () => {
    const all = parseTestArguments([]);
    expect(all).to.deep.equal({
      checks: true,
      coverage: false,
      needsServices: true,
      lanes: [
        [
          [
            'test/**/*.test.ts',
            ...['faults', 'contracts', 'http'].flatMap((name) => ['--exclude', `test/${name}/**/*.test.ts`]),
          ],
        ],
        [['test/contracts/**/*.test.ts'], ['test/faults/**/*.test.ts', '--exclude', 'test/faults/crash.test.ts']],
        [['test/faults/crash.test.ts'], ['test/http/**/*.test.ts']],
      ],
      solidity: {
        files: ['fuzz/Messages', 'fuzz/Money', 'invariants/Escrow'].map(
          (name) => `test/contracts/solidity/${name}.t.sol`,
        ),
        profile: 'quick',
      },
    });
  });

  it('runs given Solidity tests alone, and --long all of them at the long depth', () => {
    const file = 'test/contracts/solidity/fuzz/Money.t.sol';
    const alone = { checks: false, coverage: false, needsServices: false, lanes: [] };
    expect(parseTestArguments([file])).to.deep.equal({ ...alone, solidity: { files: [file], profile: 'default' } });
    expect(parseTestArguments(['--long'])).to.deep.equal({ ...alone, solidity: { files: [], profile: 'long' } });
    expect(parseTestArguments(['test/domain/money.test.ts']).solidity).to.equal(undefined);
    expect(parseTestArguments(['test/domain/money.test.ts', file]).solidity).to.deep.include({ files: [file] });
  });

  it('runs the contract tests of both kinds, and only those of mocha if some are picked, for --contracts', () => {
    const lane = 'test/contracts/**/*.test.ts';
    const alone = { checks: false, coverage: false, needsServices: false };
    expect(parseTestArguments(['--contracts'])).to.deep.equal({
      ...alone,
      lanes: [[[lane]]],
      solidity: { files: [], profile: 'default' },
    });
    expect(parseTestArguments(['--contracts', '--grep', 'A18'])).to.deep.equal({
      ...alone,
      lanes: [[[lane, '--grep', 'A18']]],
      solidity: undefined,
    });
    expect(parseTestArguments(['test/contracts/gas.test.ts'])).to.include({ needsServices: false });
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
    expect(lanes).to.deep.equal([[['test/**/*.test.ts', '--grep', 'release']]]);
    expect({ coverage, checks }).to.deep.equal({ coverage: true, checks: true });
  });

  it('runs the service-free folders for --unit and the house tests with the checks for --checks', () => {
    expect(parseTestArguments(['--unit']).lanes[0]?.[0]).to.include('test/domain/**/*.test.ts');
    expect(parseTestArguments(['--unit'])).to.include({ checks: false, needsServices: false });
    expect(parseTestArguments(['--checks'])).to.include({ checks: true, needsServices: false });
    expect(parseTestArguments(['--checks']).lanes[0]?.[0]).to.deep.equal(['test/house/**/*.test.ts']);
  });
});
