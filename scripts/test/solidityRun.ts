import { writeFileSync } from 'node:fs';
import hre from 'hardhat';

// The process that runs the Solidity tests: result file, profile, then the wanted files (none: all).
const [resultFile = '', testProfile = 'default', ...testFiles] = process.argv.slice(2);
const seed = hre.config.test.solidity.profiles[testProfile]?.fuzz.seed;
const how = `profile ${testProfile}, seed ${seed}`;
console.log(`\nSolidity tests: ${how} (the same inputs again: HOLDFAST_FUZZ_SEED=${seed})`);
// A summary index makes it count for us, and leave what failed for us to print.
const result = await hre.tasks.getTask(['test', 'solidity']).run({ testFiles, testProfile, testSummaryIndex: 1 });
const { passed, failed, skipped, failureOutput } = result.success ? result.value.summary : result.error.summary;
if (failureOutput) console.log(failureOutput);
writeFileSync(resultFile, JSON.stringify({ passed, failed, skipped }));
if (failed > 0) console.log(`Solidity tests failed with ${how}`);
process.exitCode = failed === 0 ? 0 : 1;
