// Running other programs: one that takes over the terminal, one that is asked a short question, one that fetches.

import { spawn, spawnSync } from 'node:child_process';
import { StepFailed } from './failure.mjs';
import { createMeter } from './progress.mjs';

const PASSED_ON_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
const POLL_MS = 1000;
const KEPT_OUTPUT_CHARACTERS = 20_000;

/**
 * Runs a program in the foreground and answers its exit code. The terminal signals the whole group by itself; a signal
 * sent to the launcher alone is passed on. The message channel lets a child of ours notice when the launcher is gone.
 * @param {string} command
 * @param {string[]} args
 * @param {{env: NodeJS.ProcessEnv, cwd: string, channel?: boolean}} options
 * @returns {Promise<number>}
 */
export function runForeground(command, args, { env, cwd, channel = false }) {
  return new Promise((resolve, reject) => {
    const stdio = channel ? /** @type {const} */ (['inherit', 'inherit', 'inherit', 'ipc']) : 'inherit';
    const child = spawn(command, args, {
      env,
      cwd,
      stdio: /** @type {import('node:child_process').StdioOptions} */ (stdio),
    });
    const listeners = PASSED_ON_SIGNALS.map((signal) => {
      const listener = () => child.kill(signal);
      process.on(signal, listener);
      return () => process.off(signal, listener);
    });
    // whoever started this launcher is gone (killed without a chance to pass a signal on): end the child as well
    const orphaned = () => child.kill('SIGTERM');
    process.once('disconnect', orphaned);
    process.channel?.unref();
    const watch = watchParent(orphaned);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const remove of listeners) remove();
      process.off('disconnect', orphaned);
      clearInterval(watch);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/**
 * npm starts a script as its own child, so another parent means that npm was killed. Without npm nothing follows from it:
 * whoever put the launcher into the background may have gone home.
 * @param {() => void} orphaned
 */
function watchParent(orphaned) {
  if (!process.env.npm_lifecycle_event) return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) orphaned();
  }, POLL_MS).unref();
}

/**
 * The first line a program prints for a short question such as `--version`, or undefined when it does not run.
 * @param {string} command
 * @param {string[]} args
 * @returns {string | undefined}
 */
export function ask(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 15_000, stdio: ['ignore', 'pipe', 'ignore'] });
  if (result.status !== 0) return undefined;
  return result.stdout.split('\n')[0]?.trim() ?? '';
}

/**
 * A fetch in the background: `measure` says how far it is, growth of `progress` or output counts as life.
 * @typedef {{label: string, command: string, args: string[], cwd: string, env?: NodeJS.ProcessEnv,
 *   measure?: () => {progress: number, detail: string}, quietLimitMs?: number, totalLimitMs?: number}} Fetch
 */

/**
 * Runs a fetch with its progress shown, bounded in time; answers its standard output.
 * @param {Fetch} fetch
 * @returns {Promise<string>}
 */
export function runFetch(fetch) {
  const { label, command, args, cwd, env = process.env, quietLimitMs = 90_000, totalLimitMs = 15 * 60_000 } = fetch;
  const meter = createMeter(label);
  meter.report('');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const startedAtMs = Date.now();
    let lastLifeMs = startedAtMs;
    let progress = -1;
    let output = '';
    let printed = '';
    let stopped = '';
    const stopListening = endWithUs(child);
    const timer = setInterval(() => {
      const now = fetch.measure?.();
      if (now && now.progress !== progress) {
        progress = now.progress;
        lastLifeMs = Date.now();
      }
      meter.report(now?.detail ?? '');
      if (Date.now() - lastLifeMs > quietLimitMs) stopped = `no progress for ${quietLimitMs / 1000} s`;
      if (Date.now() - startedAtMs > totalLimitMs) stopped = `not done after ${totalLimitMs / 60_000} minutes`;
      if (stopped) child.kill('SIGKILL');
    }, POLL_MS);
    /** @param {Buffer} chunk */
    const keep = (chunk) => {
      lastLifeMs = Date.now();
      printed = (printed + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
    };
    child.stdout.on('data', (chunk) => {
      keep(chunk);
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
    });
    child.stderr.on('data', keep);
    /** @param {string} failure */
    const end = (failure) => {
      clearInterval(timer);
      stopListening();
      const reached = fetch.measure?.().detail;
      meter.finish(failure ? 'failed' : reached ? `done (${reached})` : 'done');
      if (failure) reject(new StepFailed(failure));
      else resolve(output);
    };
    child.once('error', (error) => end(`${command} does not run (${error.message})`));
    child.once('close', (code) =>
      end(code === 0 ? '' : stopped || lastWords(printed) || `${command} ended with ${code}`),
    );
  });
}

/**
 * Makes a background child end when the launcher is told to end.
 * @param {import('node:child_process').ChildProcess} child
 */
function endWithUs(child) {
  const listeners = PASSED_ON_SIGNALS.map((signal) => {
    const listener = () => {
      child.kill('SIGKILL');
      process.exit(130);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const remove of listeners) remove();
  };
}

/**
 * The lines of an output that say what went wrong; the first of them name the cause, the later ones where to read more.
 * @param {string} printed
 */
export function lastWords(printed) {
  const lines = printed.split('\n').map((line) => line.replace(/^(npm error|npm ERR!|ERROR:)\s*/, '').trim());
  const telling = lines.filter((line) => line !== '' && !NOISE.test(line));
  const errors = telling.filter((line) => /error|fail|not found|unable|missing|refused|can only/i.test(line));
  return (errors.length > 0 ? errors.slice(0, 3) : telling.slice(-3)).join(' | ');
}

/** Lines that npm and pip print around an error without saying what it is. */
const NOISE = /^(code |errno |syscall |aliases:|at |Run "npm|A complete log|Options:|\[|npm warn)/;
