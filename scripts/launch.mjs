#!/usr/bin/env node
// The entry of every command in package.json. It runs on any Node from 18 with nothing installed, gets what the command
// needs, and goes on under a Node that runs the product.

import { fileURLToPath } from 'node:url';
import { runForeground } from './launch/child.mjs';
import { COMMANDS, runCommand } from './launch/commands.mjs';
import { describeFailure, EXIT_UNAVAILABLE, PartMissing } from './launch/failure.mjs';
import { provideNode } from './launch/runtime.mjs';

const [command = '', ...args] = process.argv.slice(2);

if (Object.hasOwn(COMMANDS, command)) {
  process.exitCode = await main();
} else {
  const lines = Object.entries(COMMANDS).map(([name, purpose]) => `  ${name.padEnd(14)} ${purpose}`);
  process.stderr.write(`usage: node scripts/launch.mjs <command> [arguments]\n\n${lines.join('\n')}\n`);
  process.exitCode = 64; // EX_USAGE of sysexits.h
}

async function main() {
  try {
    const node = await provideNode();
    if (node === process.execPath) return await runCommand(command, args);
    const self = fileURLToPath(import.meta.url);
    return await runForeground(node, [self, command, ...args], { env: process.env, cwd: process.cwd(), channel: true });
  } catch (error) {
    if (!(error instanceof PartMissing)) throw error;
    process.stderr.write(describeFailure(error));
    return EXIT_UNAVAILABLE;
  }
}
