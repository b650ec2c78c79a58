import { parseArgs } from 'node:util';
import { deployEscrow } from './deploy/deployEscrow.ts';
import { readParameters } from './deploy/parameters.ts';
import { messageOf, Refusal, renderRefusal } from './deploy/refusal.ts';

const USAGE = [
  'npm run deploy -- --network <name> [--dry-run] [--parameters <file>] [--reference <name>|none]',
  'further: [--networks-file <file>] [--journals <folder>]; see docs/operations/deploy.md',
];

// As server/index.ts: the configuration is at fault, so starting again changes nothing (sysexits EX_CONFIG).
const EXIT_REFUSED = 78;

function given(variable: string): string | undefined {
  return process.env[variable]?.trim() || undefined;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        network: { type: 'string' },
        parameters: { type: 'string' },
        reference: { type: 'string' },
        'networks-file': { type: 'string' },
        journals: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new Refusal(messageOf(error), USAGE);
  }
}

async function main(): Promise<void> {
  const values = readArguments();
  if (values.network === undefined) throw new Refusal('which network?', USAGE);
  await deployEscrow({
    network: values.network,
    networksFile: values['networks-file'] ?? given('NETWORKS_FILE') ?? '.holdfast/networks.json',
    parameters: readParameters(values.parameters ?? given('DEPLOY_PARAMETERS'), process.env),
    journals: values.journals ?? given('DEPLOY_JOURNALS') ?? '.holdfast/deployments',
    deployerKey: given('DEPLOYER_KEY'),
    reference: values.reference,
    dryRun: values['dry-run'],
    say: console.log,
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(renderRefusal(error));
  process.exitCode = EXIT_REFUSED;
}
