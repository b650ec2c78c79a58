/** Which Solidity tests run, and how deep. */
export interface SolidityTests {
  /** All of them if empty. */
  readonly files: readonly string[];
  /** A profile of hardhat.config.ts. */
  readonly profile: 'quick' | 'default' | 'long';
}

/** What one call of `npm test` is asked to run. */
export interface TestArguments {
  /** Types and lint. */
  readonly checks: boolean;
  /** Collect coverage with c8. */
  readonly coverage: boolean;
  readonly needsServices: boolean;
  /** Lanes run side by side; each is a row of processes of mocha, given by their files and options. */
  readonly lanes: readonly (readonly (readonly string[])[])[];
  readonly solidity: SolidityTests | undefined;
}

/** Tests that mostly wait for blocks and restarts on stages of their own, so the others run meanwhile; one file is as long as the rest. */
const WAITING = 'test/faults/**/*.test.ts';
const LONGEST_WAITING = 'test/faults/crash.test.ts';
/** Folders whose tests start no service. */
const SERVICE_FREE = ['test/domain', 'test/house', 'test/launch'] as const;
/** The contract tests open their chains in the test process. */
const CONTRACTS = 'test/contracts';
/** Taken out of the longest lane. */
const ROUTES = 'test/http';
/** The Solidity tests of a run of everything: compiling all of them would take longer than they run. */
const USUAL_SOLIDITY = ['fuzz/Messages.t.sol', 'fuzz/Money.t.sol', 'invariants/Escrow.t.sol'].map(
  (file) => `test/contracts/solidity/${file}`,
);
const OUR_OPTIONS = ['--unit', '--checks', '--coverage', '--long', '--contracts'];

/**
 * Reads the arguments: `--unit`, `--checks`, `--coverage`, `--long` and `--contracts` are ours, `.sol` files are Solidity
 * tests, everything else goes to mocha.
 */
export function parseTestArguments(args: readonly string[]): TestArguments {
  const sources = args.filter((argument) => argument.endsWith('.sol'));
  const others = args.filter((argument) => !argument.endsWith('.sol'));
  if (args.includes('--long')) return onlySolidity({ files: sources, profile: 'long' });
  if (sources.length > 0 && others.length === 0) return onlySolidity({ files: sources, profile: 'default' });
  if (args.includes('--contracts')) return onlyContracts(others);
  const everythingRuns = others.every((argument) => argument === '--coverage');
  const files = sources.length === 0 && everythingRuns ? USUAL_SOLIDITY : sources;
  return { ...mochaArguments(others), solidity: files.length > 0 ? { files, profile: 'quick' } : undefined };
}

function onlySolidity(solidity: SolidityTests): TestArguments {
  return { checks: false, coverage: false, needsServices: false, lanes: [], solidity };
}

/** All tests of the contracts; with a `--grep` or the like only those of mocha. */
function onlyContracts(args: readonly string[]): TestArguments {
  const rest = args.filter((argument) => !OUR_OPTIONS.includes(argument));
  return {
    checks: false,
    coverage: false,
    needsServices: false,
    lanes: [[[...filesOf([CONTRACTS]), ...rest]]],
    solidity: rest.length === 0 ? { files: [], profile: 'default' } : undefined,
  };
}

function mochaArguments(args: readonly string[]): Omit<TestArguments, 'solidity'> {
  const rest = args.filter((argument) => !OUR_OPTIONS.includes(argument));
  const files = rest.filter((argument) => !argument.startsWith('-') && argument.includes('test'));
  const coverage = args.includes('--coverage');
  if (args.includes('--checks')) {
    return { checks: true, coverage, needsServices: false, lanes: [[[...filesOf(['test/house']), ...rest]]] };
  }
  if (args.includes('--unit') && files.length === 0) {
    return { checks: false, coverage, needsServices: false, lanes: [[[...filesOf(SERVICE_FREE), ...rest]]] };
  }
  const isServiceFree = (file: string) =>
    [...SERVICE_FREE, CONTRACTS].some((folder) => file.replace(/^\.\//, '').startsWith(folder));
  return {
    checks: files.length === 0,
    coverage,
    needsServices: files.length === 0 || !files.every(isServiceFree),
    lanes:
      files.length > 0 ? [[rest]] : rest.length === 0 && !coverage ? everything() : [[[...filesOf(['test']), ...rest]]],
  };
}

/** Three lanes of about the same length. */
function everything(): string[][][] {
  const contracts = filesOf([CONTRACTS]);
  const routes = filesOf([ROUTES]);
  const elsewhere = [WAITING, ...contracts, ...routes].flatMap((files) => ['--exclude', files]);
  return [
    [[...filesOf(['test']), ...elsewhere]],
    [contracts, [WAITING, '--exclude', LONGEST_WAITING]],
    [[LONGEST_WAITING], routes],
  ];
}

function filesOf(folders: readonly string[]): string[] {
  return folders.map((folder) => `${folder}/**/*.test.ts`);
}
