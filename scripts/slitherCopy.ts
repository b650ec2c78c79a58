import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import solc from 'solc';

/** What Slither asks `forge config` for. */
const CONFIG = { src: 'src', test: 'test', script: 'script', out: 'out', libs: ['lib'], remappings: [] };
/** Slither reads the syntax tree; the bytecode may be anything that fits the stack, and this is made fast. */
const OPTIMIZER = { enabled: true, runs: 1, details: { yul: true, yulDetails: { optimizerSteps: 'u:' } } };
const OUTPUTS = [
  'abi',
  'metadata',
  'devdoc',
  'userdoc',
  'evm.bytecode',
  'evm.deployedBytecode',
  'evm.methodIdentifiers',
];

type Sources = Record<string, { content: string }>;

/**
 * `node scripts/slitherCopy.ts <folder>`: the contracts without mocks, laid out as Foundry would after a build. Hardhat 3
 * builds what Slither cannot read. Then, in the folder: `PATH="$PWD/bin:$PATH" slither . --ignore-compile
 * --compile-force-framework foundry`.
 */
function main(folder: string): void {
  for (const name of readdirSync('contracts').filter((entry) => entry !== 'mocks')) {
    cpSync(path.join('contracts', name), path.join(folder, 'src', name), { recursive: true });
  }
  const sources: Sources = {};
  for (const name of readdirSync(path.join(folder, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.sol')) addSource(sources, `src/${name}`, path.join(folder, 'src', name));
  }
  for (const { content } of Object.values(sources)) {
    for (const [, wanted = ''] of content.matchAll(/from "(@[^"]+)"/g)) addPackage(sources, wanted, folder);
  }
  const settings = {
    evmVersion: 'cancun',
    viaIR: true,
    optimizer: OPTIMIZER,
    outputSelection: { '*': { '*': OUTPUTS, '': ['ast'] } },
  };
  const input = { language: 'Solidity', sources, settings };
  const output: { contracts?: unknown; errors?: { severity: string; formattedMessage: string }[] } = JSON.parse(
    solc.compile(JSON.stringify(input)),
  );
  const errors = output.errors?.filter((error) => error.severity === 'error') ?? [];
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  mkdirSync(path.join(folder, 'out/build-info'), { recursive: true });
  writeFileSync(
    path.join(folder, 'out/build-info/escrow.json'),
    JSON.stringify({ id: 'escrow', solcVersion: '0.8.37', solcLongVersion: '0.8.37', input, output }),
  );
  writeFileSync(path.join(folder, 'foundry.toml'), '[profile.default]\nsrc = "src"\n');
  writeForge(path.join(folder, 'bin'));
}

function addSource(sources: Sources, name: string, file: string): string {
  const content = readFileSync(file, 'utf8');
  sources[name] = { content };
  return content;
}

/** A source of a package and what it imports, under the same path as in an import. */
function addPackage(sources: Sources, name: string, folder: string): void {
  if (sources[name]) return;
  const copy = path.join(folder, name);
  cpSync(path.join('node_modules', name), copy);
  const content = addSource(sources, name, copy);
  for (const [, wanted = ''] of content.matchAll(/from "([^"]+)"/g)) {
    addPackage(sources, wanted.startsWith('.') ? path.posix.join(path.posix.dirname(name), wanted) : wanted, folder);
  }
}

/** Slither asks a program of this name for the folders, and nothing else. */
function writeForge(folder: string): void {
  const forge = path.join(folder, 'forge');
  mkdirSync(folder, { recursive: true });
  writeFileSync(forge, `#!/bin/sh\n[ "$1" = config ] && echo '${JSON.stringify(CONFIG)}'\nexit 0\n`);
  chmodSync(forge, 0o755);
}

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node scripts/slitherCopy.ts <folder>');
main(folder);
