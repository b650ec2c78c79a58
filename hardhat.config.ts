import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);

/** The compiler is the npm package itself, so that a build needs no download. */
const compiler = { version: '0.8.37', path: require.resolve('solc/soljson.js') };

const SOLIDITY_TESTS = 'test/contracts/solidity';
/** Fuzz and invariant tests are built without the slow pipeline: they call the product's own build, not a second one. */
const testSources = readdirSync(new URL(SOLIDITY_TESTS, import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sol'))
  .map((file) => `${SOLIDITY_TESTS}/${file.replaceAll('\\', '/')}`);
const testSettings = { evmVersion: 'cancun', optimizer: { enabled: true, runs: 200 } };

/** The same seed gives the same inputs; `npm test` keeps to one, so that a commit's result does not depend on luck. */
const seed = process.env.HOLDFAST_FUZZ_SEED ?? '0x486f6c6466617374';

/** The handlers bound their own inputs, so values gathered from storage and code only cost time; nor may shrinking a failure take longer than a run. */
const handled = { dictionaryWeight: 0, includeStorage: false, includePushBytes: false, shrinkRunLimit: 200 };

/** One build for every chain: the same settings give the same init code, so the escrow has the same address everywhere. */
export default defineConfig({
  paths: { tests: { solidity: SOLIDITY_TESTS } },
  solidity: {
    splitTestsCompilation: true,
    profiles: {
      default: {
        compilers: [
          {
            ...compiler,
            settings: {
              evmVersion: 'cancun',
              viaIR: true,
              // At 1,000 runs the whole contract fits the 24,576 byte limit; at 10,000 it does not.
              optimizer: { enabled: true, runs: 1000 },
              metadata: { bytecodeHash: 'none' },
            },
          },
        ],
        overrides: Object.fromEntries(testSources.map((source) => [source, { ...compiler, settings: testSettings }])),
      },
    },
  },
  test: {
    solidity: {
      profiles: {
        // Of `npm test`: as deep as ten minutes for everything allow.
        quick: { fuzz: { runs: 128, seed }, invariant: { ...handled, runs: 8, depth: 128 } },
        // 22 invariants x 26 runs = 572 sequences of 128 calls; every sequence ends with all invariants checked.
        default: { fuzz: { runs: 256, seed }, invariant: { ...handled, runs: 26, depth: 128 } },
        long: { fuzz: { runs: 2560, seed }, invariant: { ...handled, runs: 260, depth: 128 } },
      },
    },
  },
});
