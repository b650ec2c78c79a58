/** What one call of `npm test` is asked to run. */
export interface TestArguments {
  /** Types and lint. */
  readonly checks: boolean;
  /** Collect coverage with c8. */
  readonly coverage: boolean;
  readonly needsServices: boolean;
  /** Files and options for mocha. */
  readonly mochaArguments: readonly string[];
}

/** Folders whose tests start no service. */
const SERVICE_FREE = ['test/domain', 'test/house', 'test/launch'] as const;
const OUR_OPTIONS = ['--unit', '--checks', '--coverage'];

/** Reads the arguments: `--unit`, `--checks` and `--coverage` are ours, everything else goes to mocha. */
export function parseTestArguments(args: readonly string[]): TestArguments {
  const rest = args.filter((argument) => !OUR_OPTIONS.includes(argument));
  const files = rest.filter((argument) => !argument.startsWith('-') && argument.includes('test'));
  const coverage = args.includes('--coverage');
  if (args.includes('--checks')) {
    return { checks: true, coverage, needsServices: false, mochaArguments: [...filesOf(['test/house']), ...rest] };
  }
  if (args.includes('--unit') && files.length === 0) {
    return { checks: false, coverage, needsServices: false, mochaArguments: [...filesOf(SERVICE_FREE), ...rest] };
  }
  const isServiceFree = (file: string) => SERVICE_FREE.some((folder) => file.replace(/^\.\//, '').startsWith(folder));
  return {
    checks: files.length === 0,
    coverage,
    needsServices: files.length === 0 || !files.every(isServiceFree),
    mochaArguments: files.length === 0 ? [...filesOf(['test']), ...rest] : rest,
  };
}

function filesOf(folders: readonly string[]): string[] {
  return folders.map((folder) => `${folder}/**/*.test.ts`);
}
