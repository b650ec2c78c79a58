import { appendFileSync, copyFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Canary } from '../../scripts/test/canaries.ts';
import { createLogger } from '../../server/logger.ts';
import type { Logger } from '../../server/ports.ts';

/** Where `npm test` looks for secrets in logs when all tests are done; without it nothing is kept. */
const folder = process.env.HOLDFAST_TEST_LOGS;
const known = new Map<string, Canary>();
/** Lines are written together; few files are long. */
const heldMost = 1_000;
const held: string[] = [];
const address = /^0x[0-9a-f]{40}$/i;

/** Notes a secret that a test uses: it must stand in no log of the run. Answers it. */
export function plant(name: string, value: string): string {
  if (value === '' || known.has(value)) return value;
  const canary = { name, value };
  known.set(value, canary);
  if (folder) appendFileSync(path.join(folder, `canaries-${process.pid}.jsonl`), `${JSON.stringify(canary)}\n`);
  return value;
}

/** Plants everything in a record whose name says that it is a secret, lists included. */
export function plantAll(record: object): void {
  for (const [name, value] of Object.entries(record)) {
    if (!/key|secret|password|seed|codes?$|token/i.test(name)) continue;
    const secrets = [value].flat().filter((one) => typeof one === 'string' && one.length >= 12 && !address.test(one));
    for (const secret of secrets) plant(name, secret.replace(/^0x/, ''));
  }
}

/** The secrets that tests of this process planted so far. */
export const planted = (): readonly Canary[] => [...known.values()];

function flush(): void {
  if (folder && held.length > 0) appendFileSync(path.join(folder, `app-${process.pid}.log`), held.join(''));
  held.length = 0;
}
process.on('exit', flush);

/** The product's own logger, at its most talkative; what it writes is searched for secrets after the run. */
export const heardLogger: Logger = createLogger('debug', {
  write(line) {
    if (folder) held.push(line);
    if (held.length >= heldMost) flush();
  },
});

/** A logger whose lines are also written as the product would write them. */
export function heard(logger: Logger): Logger {
  if (!folder) return logger;
  const both = (level: keyof Logger) => (fields: object, message: string) => {
    heardLogger[level](fields, message);
    logger[level](fields, message);
  };
  return { debug: both('debug'), info: both('info'), warn: both('warn'), error: both('error') };
}

/** Services that are no part of the product. */
const others = /^(mongod|redis|anvil)/;

/** Keeps what the processes of a folder wrote, before the folder goes. */
export function keepLogs(directory: string): void {
  if (!folder) return;
  const logs = path.join(directory, 'log');
  for (const name of readdirSync(logs).filter((entry) => !others.test(entry)))
    copyFileSync(path.join(logs, name), path.join(folder, `${path.basename(directory)}-${name}`));
}
