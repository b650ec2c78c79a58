import { parseArgs } from 'node:util';
import { createRebuildPayments } from '../server/commands/rebuildPayments.ts';
import { ConfigError } from '../server/config.ts';
import { createLogger } from '../server/logger.ts';
import { createAuditedBooks } from '../server/store/auditedBooks.ts';
import { connectForReports } from '../server/store/connection.ts';
import { createStore } from '../server/store/createStore.ts';
import { createPaymentRows } from '../server/store/paymentRows.ts';
import { auditedConfig } from './audit/settings.ts';
import { asText, isDone } from './rebuild/report.ts';

/** Exit codes: something is left for a person; the rebuild could not be made, or not to its end. */
const exitLeft = 1;
const exitUnmade = 2;
const usage = 'npm run rebuild [-- --json] [-- --force]; see docs/operations/rebuild.md';

/** Progress goes to the terminal's other stream, so that the report can be piped. */
const toStderr = { write: (line: string) => void process.stderr.write(line) };

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, force: { type: 'boolean' } } });
  const { json = false, force = false } = values;
  const begun = performance.now();
  const config = await auditedConfig(process.env);
  const uri = config.MONGODB_URI;
  const logger = createLogger(config.LOG_LEVEL, toStderr);
  const { database, close } = connectForReports({ uri });
  try {
    const [rows, books] = [createPaymentRows(database), createAuditedBooks(database)];
    // First of all, since indexes take their time.
    await rows.begin();
    // What was dropped has lost its indexes, too; this makes them as the start of a server does.
    await (await createStore({ uri })).close();
    const report = await createRebuildPayments({ rows, books, logger })({ force });
    const seconds = Math.round((performance.now() - begun) / 1000);
    const effort = { seconds, rssMb: Math.round(process.resourceUsage().maxRSS / 1024) };
    console.log(json ? JSON.stringify({ ...report, effort }) : asText(report, seconds));
    if (!isDone(report)) process.exitCode = exitLeft;
  } finally {
    await close();
  }
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  console.error(error instanceof ConfigError ? error.message : error);
  if (isUsage) console.error(usage);
  console.error('The rebuild did not come to its end: what it wrote is right, and it can be run again.');
  process.exitCode = exitUnmade;
}
