import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FuzzArguments, parseFuzzArguments } from './fuzz/arguments.ts';
import { readDocument } from './fuzz/document.ts';
import { type FuzzResult, fuzz } from './fuzz/run.ts';
import { sandboxTokens } from './sandbox/banner.ts';
import { startSandbox } from './sandbox.ts';

/** The limits of a user would end a run in its first second. */
const unlimited = { RATE_LIMIT_PER_MINUTE: '1000000' };

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Runs against the server that was named, or against a sandbox of its own that is gone afterwards. */
async function main({ running, ...wanted }: FuzzArguments): Promise<FuzzResult> {
  const document = readDocument();
  say(
    `seed ${wanted.seed}, ${wanted.runs} requests of each caller to each of ${document.operations.length} operations`,
  );
  if (running !== null) return fuzz({ ...wanted, ...running, document, say });
  const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-fuzz-'));
  const sandbox = await startSandbox({ environment: unlimited, temporary: true, quiet: wanted.json, directory });
  try {
    const { info } = sandbox;
    return await fuzz({ ...wanted, url: info.apiUrl, tokens: sandboxTokens(info), document, say });
  } finally {
    await sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function tell({ requests, operations, callers, statuses, payments, leftOut, findings }: FuzzResult): void {
  for (const { operation, caller, what, broken, curl } of findings)
    say(`\n✖ ${operation} as ${caller}: ${what}${broken === '' ? '' : `\n  ${broken}`}\n  ${curl}`);
  const counts = Object.entries(statuses).map(([status, count]) => `${status} × ${count}`);
  say(`\n${requests} requests to ${operations} operations as ${callers.join(', ')}: ${counts.join(', ')}`);
  if (leftOut > 0) say(`no time was left for ${leftOut} of them; --seconds gives more`);
  say(`${payments} payments watched, ${findings.length} findings`);
}

const wanted = parseFuzzArguments(process.argv.slice(2), Date.now() % 2 ** 31);
const result = await main(wanted);
if (wanted.json) console.log(JSON.stringify(result));
else tell(result);
process.exit(result.findings.length === 0 ? 0 : 1);
