import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, loadConfig } from '../../server/config.ts';
import { secretsOf } from '../sandbox/secrets.ts';
import { sandboxDefaults, withDefaults } from '../sandbox/settings.ts';
import { runningSandbox } from '../sandbox.ts';

const directory = fileURLToPath(new URL('../../.holdfast', import.meta.url));

/** The settings of what is to be audited: those given, as the server reads them; beside a running sandbox its own. */
export async function auditedConfig(given: NodeJS.ProcessEnv): Promise<Config> {
  if (given.NODE_ENV === 'production') return loadConfig(given);
  const sandbox = await runningSandbox();
  if (sandbox === undefined) return loadConfig(given);
  const defaults = sandboxDefaults(sandbox, secretsOf(directory, given), directory);
  return loadConfig(withDefaults({ ...defaults, NETWORKS_FILE: path.resolve(sandbox.networksFile) }, given));
}
