import { createResealSecrets } from '../server/commands/resealSecrets.ts';
import { ConfigError } from '../server/config.ts';
import { createSecretBox } from '../server/providers/identity/secretBox.ts';
import { createStore } from '../server/store/createStore.ts';
import { auditedConfig } from './audit/settings.ts';
import { refuseUnknown } from './services/refuseUnknown.ts';

/** Exit codes: some secrets could not be opened; the walk could not be made, or not to its end. */
const exitBroken = 1;
const exitUnmade = 2;

async function main(): Promise<void> {
  refuseUnknown(process.argv.slice(2), []);
  const config = await auditedConfig(process.env);
  const [first] = config.ENCRYPTION_KEYS;
  if (!first) throw new Error('ENCRYPTION_KEYS is empty: there is no key to seal with');
  const store = await createStore({ uri: config.MONGODB_URI });
  try {
    const box = createSecretBox(config.ENCRYPTION_KEYS);
    const { looked, resealed, overtaken, broken } = await createResealSecrets({
      fields: store.identity.sealedFields,
      box,
    })();
    console.log(
      `${looked} secrets: ${resealed} sealed anew under ${first.kid}, ${overtaken} by somebody else meanwhile`,
    );
    for (const { place, why } of broken) console.log(`  ${place}  ${why}`);
    if (broken.length > 0) process.exitCode = exitBroken;
    else console.log(`No secret needs another key than ${first.kid} any more.`);
  } finally {
    await store.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  console.error('The walk did not come to its end: what it wrote is right, and it can be run again.');
  process.exitCode = exitUnmade;
}
