// Finding the npm that came with whatever Node the person has, and running it under the Node we chose.

import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { PartMissing } from './failure.mjs';

/**
 * How to run npm: a program and its first arguments. npm's own script is preferred, so that we choose its Node.
 * @param {string} node
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {{command: string, args: string[]}}
 */
export function npmCommand(node, env = process.env) {
  const script = candidates(env).find((candidate) => candidate.endsWith('npm-cli.js') && existsSync(candidate));
  if (script) return { command: node, args: [script] };
  const shim = onPath('npm', env);
  if (shim) return { command: shim, args: [] };
  throw new PartMissing(
    'npm',
    [{ name: 'npm on the PATH', reason: 'not there' }],
    ['install Node.js with npm (https://nodejs.org)', 'put the folder that holds `npm` on the PATH'],
  );
}

/**
 * The first program of that name on the PATH, or undefined.
 * @param {string} program
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function onPath(program, env = process.env) {
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  for (const folder of (env.PATH ?? '').split(path.delimiter)) {
    const found = names.map((name) => path.join(folder, name)).find((file) => folder !== '' && existsSync(file));
    if (found) return found;
  }
  return undefined;
}

/** @param {NodeJS.ProcessEnv} env */
function candidates(env) {
  const shim = onPath('npm', env);
  const beside = path.dirname(realpathSync(process.execPath));
  return [
    env.npm_execpath ?? '',
    path.join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
    path.join(beside, 'node_modules/npm/bin/npm-cli.js'),
    shim ? realpathSync(shim) : '',
  ];
}
