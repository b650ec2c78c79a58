import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runForeground } from '../launch/child.mjs';

/** These compare gas or scan limits of it: the probes change what they measure, and make the scans long. */
const GAS_TESTS = ['gas', 'MarketplaceEscrow/settle.batchCap', 'MarketplaceEscrow/attacks.gas'].map(
  (name) => `test/contracts/${name}.test.ts`,
);
const HITS = 'hits.txt';
const MOCHA_RESULT = 'mocha.json';
/** Where Hardhat leaves what it heard of its own tests, by the name of their kind. */
const SOLIDITY_HITS = 'coverage/data/solidity';

/** Compiles and runs the tests in a work copy, and collects what they reached. */
export class TestRuns {
  readonly #root: string;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(root: string, folder: string) {
    this.#root = root;
    this.#folder = folder;
    this.#env = {
      ...process.env,
      HARDHAT_CONFIG: 'scripts/contractCoverage/hardhatConfig.ts',
      HOLDFAST_COVERAGE_HITS: path.join(folder, HITS),
    };
  }

  async compile(): Promise<void> {
    console.log('compiling the escrow with probes; a warning of its size is theirs');
    const code = await this.#run(this.#tool('hardhat/dist/src/cli.js'), 'compile', '--no-tests', '--quiet');
    if (code !== 0) throw new Error('the escrow with probes does not compile');
  }

  /** @param files All tests of the contracts if empty. */
  async mocha(files: readonly string[]): Promise<void> {
    const wanted = files.length > 0 ? files : ['test/contracts/**/*.test.ts'];
    const reporter = ['--reporter', 'json', '--reporter-option', `output=${MOCHA_RESULT}`];
    const excluded = GAS_TESTS.flatMap((file) => ['--exclude', file]);
    await this.#run(this.#tool('mocha/bin/_mocha'), ...reporter, ...excluded, ...wanted);
    const { stats, failures } = this.#mochaResult();
    console.log(`${stats.tests} tests of mocha ran`);
    if (failures.length > 0) console.log('failed with the probes, whose gas is not the real one:');
    for (const { fullTitle } of failures) console.log(`  ${fullTitle}`);
  }

  async solidity(): Promise<void> {
    console.log(
      'something is left: the Solidity tests run too; the empty table at their end is of probes that are not ours',
    );
    this.#env.HARDHAT_COVERAGE = 'true';
    await this.#run('scripts/test/solidityRun.ts', 'solidity.json', 'default');
  }

  /** The probes reported so far. */
  hits(): Set<number> {
    const tags = this.#lines(HITS);
    const folder = path.join(this.#folder, SOLIDITY_HITS);
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      tags.push(...Object.keys(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))));
    }
    return new Set(tags.map((tag) => Number.parseInt(tag, 16)));
  }

  #lines(name: string): string[] {
    const file = path.join(this.#folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  }

  #mochaResult(): { stats: { tests: number }; failures: { fullTitle: string }[] } {
    return JSON.parse(readFileSync(path.join(this.#folder, MOCHA_RESULT), 'utf8'));
  }

  #tool(name: string): string {
    return path.join(this.#root, 'node_modules', name);
  }

  #run(...args: string[]): Promise<number> {
    return runForeground(process.execPath, [...process.execArgv, ...args], { env: this.#env, cwd: this.#folder });
  }
}
