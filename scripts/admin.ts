import { userInfo } from 'node:os';
import { createAdminUsers } from '../server/commands/adminUsers.ts';
import { ConfigError } from '../server/config.ts';
import { identityPartsOf } from '../server/deps/identity.ts';
import { systemClock, systemIds } from '../server/deps/system.ts';
import { trailOf } from '../server/deps/trail.ts';
import { AppError } from '../server/errors.ts';
import { createLogger } from '../server/logger.ts';
import { createStore } from '../server/store/createStore.ts';
import { askSecret } from './admin/askSecret.ts';
import { runAdmin, UsageError, usage } from './admin/run.ts';
import { auditedConfig } from './audit/settings.ts';

/** Exit codes: refused with a reason; called wrongly or could not be done. */
const exitRefused = 1;
const exitUnmade = 2;

const toStderr = { write: (line: string) => void process.stderr.write(line) };

async function main(): Promise<void> {
  const config = await auditedConfig(process.env);
  const store = await createStore({ uri: config.MONGODB_URI });
  try {
    const logger = createLogger('warn', toStderr);
    const admins = createAdminUsers(identityPartsOf({ config, store, clock: systemClock, ids: systemIds, logger }));
    const given = process.env.HOLDFAST_ADMIN_PASSWORD;
    const askPassword = async () => given || askSecret('Password (12 characters or more, not shown): ');
    await runAdmin(process.argv.slice(2), {
      ...{ admins, askPassword, say: (line) => console.log(line) },
      ...{ trail: trailOf({ config, store, logger }), operator: userInfo().username, now: systemClock.now },
    });
  } finally {
    await store.close();
  }
}

try {
  await main();
} catch (error) {
  const isPlain = error instanceof AppError || error instanceof ConfigError || error instanceof UsageError;
  console.error(isPlain ? error.message : error);
  if (error instanceof UsageError) console.error(usage);
  process.exitCode = error instanceof AppError ? exitRefused : exitUnmade;
}
