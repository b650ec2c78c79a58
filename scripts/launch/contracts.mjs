// The contracts, compiled offline when their sources, the compiler or its settings changed.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { runFetch } from './child.mjs';
import { PartMissing, StepFailed } from './failure.mjs';
import { root, workFolder } from './folders.mjs';
import { withLock } from './lock.mjs';
import { fingerprint, isFresh, writeStamp } from './stamp.mjs';

const stampFile = path.join(root, 'artifacts/.holdfast-stamp');

/**
 * Compiles the contracts unless artifacts and typed wrappers are those of the present sources.
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 */
export async function ensureContracts(node, env) {
  if (!existsSync(path.join(root, 'hardhat.config.ts')) || isFresh(stampFile, wanted())) return;
  await withLock(path.join(workFolder, 'compile.lock'), async () => {
    const expected = wanted();
    if (isFresh(stampFile, expected)) return;
    await compile(node, env);
    writeStamp(stampFile, expected);
  });
}

function wanted() {
  return fingerprint(root, ['contracts', 'hardhat.config.ts', 'package-lock.json']);
}

/**
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 */
async function compile(node, env) {
  try {
    await runFetch({
      label: 'compiling the contracts',
      command: node,
      args: [path.join(root, 'node_modules/hardhat/dist/src/cli.js'), 'compile', '--no-tests'],
      cwd: root,
      env: { ...env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
      quietLimitMs: 5 * 60_000,
    });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    throw new PartMissing(
      'the compiled contracts',
      [{ name: 'hardhat compile', reason: error.message }],
      [
        'run `npm run compile` and read what the compiler says',
        'delete node_modules and artifacts, and run the command again',
      ],
    );
  }
}
