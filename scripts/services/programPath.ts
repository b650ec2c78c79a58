import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { cachedProgram } from '../launch/folders.mjs';
import { onPath } from '../launch/npm.mjs';

const VARIABLES = { mongod: 'HOLDFAST_MONGOD', 'redis-server': 'HOLDFAST_REDIS_SERVER' } as const;

/** Where a server program is: as the launcher found it, else on the PATH, else in the launcher's cache. */
export function programPath(program: keyof typeof VARIABLES): string {
  const given = process.env[VARIABLES[program]];
  const candidates = [given, onPath(program), cachedProgram(program)];
  const found = candidates.find((candidate) => candidate !== undefined && existsSync(candidate));
  if (found === undefined) {
    throw new Error(
      `${program} is not there; run this through the launcher (npm start, npm test, npm run exec), which fetches it`,
    );
  }
  return found;
}

/** The anvil binary of the installed packages, without the wrapper process that would hide it from signals. */
export function anvilPath(): string {
  const systems: Readonly<Record<string, string>> = { win32: 'windows', darwin: 'darwin', linux: 'linux' };
  const machines: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
  const name = `@foundry-rs/anvil-${systems[process.platform]}-${machines[process.arch]}`;
  const require = createRequire(import.meta.url);
  const manifest = require.resolve(`${name}/package.json`);
  return path.join(path.dirname(manifest), 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
}
