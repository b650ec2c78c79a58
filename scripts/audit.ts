import { parseArgs } from 'node:util';
import { createAuditBooks } from '../server/commands/auditBooks.ts';
import { ConfigError } from '../server/config.ts';
import { systemClock } from '../server/deps/system.ts';
import { createLogger } from '../server/logger.ts';
import { connectChain } from '../server/providers/chain/connectChain.ts';
import { loadNetworks } from '../server/providers/chain/networks.ts';
import { openAuditedBooks, projectedFields } from '../server/store/auditedBooks.ts';
import { digest } from '../server/store/codec.ts';
import { asJson, asText, exitCodeOf } from './audit/report.ts';
import { auditedConfig } from './audit/settings.ts';
import { verifyTrail } from './audit/trail.ts';

/** Exit code: the audit could not be made. */
const exitUnmade = 2;
const usage =
  'npm run audit [-- --json] [-- --since-block <n>], or npm run audit -- verify [--json] [--trail-key <public key> [--signed-from <n>]]; see docs/operations/audit.md';

function readArguments() {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, 'since-block': { type: 'string' } } });
  const since = values['since-block'] ?? '0';
  if (!/^\d{1,15}$/.test(since)) throw new Error(`--since-block ${since} is no block number`);
  return { json: values.json === true, since: Number(since) };
}

/** Progress goes to the terminal's other stream, so that the report can be piped. */
const toStderr = { write: (line: string) => void process.stderr.write(line) };

async function main(): Promise<void> {
  if (process.argv[2] === 'verify') return verifyTrail(process.argv.slice(3));
  const { json, since } = readArguments();
  const begun = performance.now();
  const config = await auditedConfig(process.env);
  const logger = createLogger(config.LOG_LEVEL, toStderr);
  const clock = systemClock;
  const chain = await connectChain({ networks: loadNetworks(config.NETWORKS_FILE), logger, clock });
  const opened = openAuditedBooks({ uri: config.MONGODB_URI });
  try {
    const auditBooks = createAuditBooks({
      ...{ auditedBooks: opened.books, chainBooks: chain.books, chain: chain.reader, gateway: chain.gateway },
      ...{ digest, projectedFields, clock, logger, manualAfterMs: config.PAYOUT_MANUAL_AFTER_SECONDS * 1000 },
    });
    const report = await auditBooks({ since });
    const seconds = Math.round((performance.now() - begun) / 1000);
    const effort = { seconds, rssMb: Math.round(process.resourceUsage().maxRSS / 1024) };
    console.log(json ? asJson(report, effort) : asText(report, effort));
    process.exitCode = exitCodeOf(report);
  } finally {
    chain.close();
    await opened.close();
  }
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  console.error(error instanceof ConfigError ? error.message : error);
  if (isUsage) console.error(usage);
  console.error('The audit could not be made: nothing is known of the books.');
  process.exitCode = exitUnmade;
}
