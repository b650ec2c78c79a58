// What each command of package.json needs and runs.

import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { runForeground } from './child.mjs';
import { ensureContracts } from './contracts.mjs';
import { cacheFolder, root, workFolder } from './folders.mjs';
import { ensurePackages } from './install.mjs';
import { provideMongod } from './mongod.mjs';
import { provideRedis } from './redis.mjs';

/** Hides the notice that Node 22 prints for the type stripping we rely on. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];
/** Where data from outside is read, no text can reach the prototype of an object. */
const SERVER_FLAGS = [...NODE_FLAGS, '--disable-proto=delete'];

/** The commands of package.json, and one sentence each. */
export const COMMANDS = {
  start: 'the sandbox, or with NODE_ENV=production the server alone',
  dev: 'the sandbox with the server restarted when a source changes',
  demo: 'two whole trades, one released and one refunded, through the public API (--json: one object a line)',
  audit:
    'all books against their invariants and the chain, or the audit trail (-- --json, -- verify, see docs/operations/audit.md)',
  rebuild: 'payments anew from the log, beside running servers (-- --json, -- --force, see docs/operations/rebuild.md)',
  routes:
    'every mounted operation, who may call it and how (-- --json; NODE_ENV=production without the development routes)',
  admin: 'admin users: create, list, disable, enable, reset-factor, set-password (see docs/operations/admins.md)',
  reseal: 'every secret at rest under the first key of ENCRYPTION_KEYS, beside running servers',
  deploy: 'the escrow onto a network (-- --network <name>, see docs/operations/deploy.md)',
  test: 'types, lint and all tests, or the given files',
  'test:unit': 'the tests that need no service',
  'test:contracts': 'the tests of the contracts, which need no service',
  'test:faults': 'kills at the labelled points, lost blocks, races and the walks of money, on real parts',
  faults:
    'every fault scenario on three real servers behind proxies (-- --only F1,F5, --short, --set payments=1000, --json)',
  'test:long':
    'a million schedules of the model, 800 runs of the API beside its own, and the fuzz and invariant tests of the contracts ten times as deep, with another seed each time',
  model: 'random schedules and crashes of the coordinator and the relay (-- --runs N, --seed S, --path P, --json)',
  'fuzz:api':
    'hostile requests to every operation as everybody, judged by docs/openapi.json (-- --runs N, --seed S, --url, --json, see docs/operations/fuzzing.md)',
  gas: 'what each operation of the escrow costs (-- --json, -- --update)',
  bench: 'the server beside bare baselines, as ratios (-- --json, --only R2,R4, --quick, see docs/performance.md)',
  check: 'types, lint and house tests',
  lint: 'biome, and solhint for the contracts',
  typecheck: 'tsc',
  compile: 'the contracts',
  coverage: 'all tests under c8',
  'coverage:contracts': 'lines and branches of the escrow that the tests of the contracts reach',
  'mutants:contracts':
    'small changes of the escrow, and whether its tests notice (-- --list, --sample, --only, --resume)',
  exec: 'a program of your own under the same Node: exec -- <program> …',
};

/**
 * Runs a command under the Node this process runs on; answers its exit code.
 * @param {string} command a key of COMMANDS
 * @param {string[]} args passed on to what is run
 * @returns {Promise<number>}
 */
export async function runCommand(command, args) {
  const node = process.execPath;
  const env = childEnvironment(node);
  if (command === 'start' && env.NODE_ENV === 'production') return startProduction(node, env);
  if (isReport(command) && env.NODE_ENV === 'production') return report(command, node, args, env);
  await ensurePackages(node, process.versions.node);
  mkdirSync(workFolder, { recursive: true });
  switch (command) {
    case 'start':
      return runWithServices('scripts/sandbox.ts', args, env);
    case 'dev':
      return runWithServices('scripts/sandbox.ts', ['--watch', ...args], env);
    case 'demo':
      return runWithServices('scripts/demo.ts', args, env);
    case 'audit':
    case 'rebuild':
    case 'admin':
    case 'reseal':
      return report(command, node, args, env);
    case 'routes':
      return runScript('scripts/routes.ts', args, env);
    case 'deploy':
      await ensureContracts(node, env);
      return runScript('scripts/deploy.ts', args, env);
    case 'test':
      return runTests(args, env);
    case 'coverage':
      // V8 counts functions out of its cache inexactly
      return runTests(['--coverage', ...args], { ...env, NODE_DISABLE_COMPILE_CACHE: '1' });
    case 'coverage:contracts':
      return runScript('scripts/contractCoverage.ts', args, env);
    case 'mutants:contracts':
      await ensureContracts(node, env);
      return runScript('scripts/mutants.ts', args, env);
    case 'test:unit':
      await ensureContracts(node, env);
      return runScript('scripts/test.ts', ['--unit', ...args], env);
    case 'test:contracts':
      await ensureContracts(node, env);
      return runScript('scripts/test.ts', ['--contracts', ...args], env);
    case 'test:faults':
      return runTests(['test/faults/**/*.test.ts', ...args], env);
    case 'faults':
    case 'bench':
      return runTests(args, env, `scripts/${command}.ts`);
    case 'fuzz:api':
      return runTests(args, env, 'scripts/fuzzApi.ts');
    case 'gas':
      await ensureContracts(node, env);
      return runScript('scripts/gas.ts', args, env);
    case 'test:long':
      return runLong(args, env);
    case 'model':
      return runScript('scripts/model.ts', args, env);
    case 'check':
      await ensureContracts(node, env);
      return runScript('scripts/test.ts', ['--checks', ...args], env);
    case 'lint':
      return lint(args, env);
    case 'typecheck':
      await ensureContracts(node, env);
      return runForeground(tool('tsc'), ['--noEmit', '-p', '.', ...args], { env, cwd: root });
    case 'compile':
      return runForeground(tool('hardhat'), ['compile', '--no-tests', ...args], { env, cwd: root });
    default: {
      const [program, ...rest] = args[0] === '--' ? args.slice(1) : args;
      return runForeground(program ?? node, rest, { env, cwd: process.cwd() });
    }
  }
}

/**
 * The server alone with the settings given: nothing is fetched for it but packages that are not there at all.
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 */
async function startProduction(node, env) {
  if (!existsSync(path.join(root, 'node_modules'))) await ensurePackages(node, process.versions.node);
  return runForeground(node, [...SERVER_FLAGS, 'server/index.ts'], { env, cwd: root });
}

/**
 * @param {string} script
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function runWithServices(script, args, env) {
  const node = process.execPath;
  const withPrograms = {
    ...env,
    ...(env.MONGODB_URI ? {} : { HOLDFAST_MONGOD: await provideMongod(node) }),
    ...(env.REDIS_URL ? {} : { HOLDFAST_REDIS_SERVER: await provideRedis() }),
  };
  await ensureContracts(node, env);
  return runScript(script, args, withPrograms);
}

/**
 * The deep runs; given files it is those Solidity tests alone.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function runLong(args, env) {
  const model = args.length > 0 ? 0 : await runScript('scripts/model.ts', ['--runs', '1000000'], env);
  const http =
    args.length > 0 ? 0 : await runTests(['test/model/http/http.test.ts'], { ...env, MODEL_HTTP_RUNS: '800' });
  const exported =
    args.length > 0 ? 0 : await runTests(['test/http/exportAtScale.test.ts'], { ...env, EXPORT_ROWS: '100000' });
  const solidity = await runScript('scripts/test.ts', ['--long', ...args], env);
  return model || http || exported || solidity;
}

/**
 * Tests start and stop servers of their own, so they need the programs whatever is set.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} script
 */
async function runTests(args, env, script = 'scripts/test.ts') {
  const { MONGODB_URI: _mongo, REDIS_URL: _redis, NODE_ENV: _mode, ...rest } = env;
  return runWithServices(script, args, rest);
}

/**
 * @param {string} command
 * @returns {command is 'audit' | 'rebuild' | 'admin' | 'reseal'}
 */
const isReport = (command) => ['audit', 'rebuild', 'admin', 'reseal'].includes(command);

/**
 * Reads what is there with the settings given, whatever its size in the same memory: V8 would else let garbage pile up.
 * @param {'audit' | 'rebuild' | 'admin' | 'reseal'} command
 * @param {string} node
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function report(command, node, args, env) {
  if (!existsSync(path.join(root, 'node_modules'))) await ensurePackages(node, process.versions.node);
  const flags = [...SERVER_FLAGS, '--max-semi-space-size=2', '--max-old-space-size=96'];
  return runForeground(node, [...flags, `scripts/${command}.ts`, ...args], { env, cwd: root });
}

/**
 * @param {string} script
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function runScript(script, args, env) {
  return runForeground(process.execPath, [...NODE_FLAGS, script, ...args], { env, cwd: root, channel: true });
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function lint(args, env) {
  const biome = await runForeground(tool('biome'), ['check', '--error-on-warnings', ...args], { env, cwd: root });
  if (biome !== 0 || !existsSync(path.join(root, '.solhint.json'))) return biome;
  const quiet = ['--max-warnings', '0', '--noPoster', '--disc'];
  return runForeground(tool('solhint'), [...quiet, 'contracts/**/*.sol'], { env, cwd: root });
}

/**
 * A program that came with the packages.
 * @param {string} name
 */
function tool(name) {
  return path.join(root, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name);
}

/**
 * The environment of everything we run: our Node and the packages' programs first on the PATH.
 * @param {string} node
 * @returns {NodeJS.ProcessEnv}
 */
function childEnvironment(node) {
  const folders = [path.dirname(node), path.join(root, 'node_modules/.bin'), process.env.PATH ?? ''];
  return {
    // a server's start takes a third less time when V8 keeps what it compiled
    NODE_COMPILE_CACHE: path.join(cacheFolder(), 'compiled'),
    ...process.env,
    PATH: folders.join(path.delimiter),
    HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
  };
}
