// Fetches the official mongod into the folder given and prints its path. A child process of the launcher, because it
// needs the installed packages and a Node that runs them.

import { MongoBinary } from 'mongodb-memory-server-core';

const folder = process.argv[2];
if (!folder) throw new Error('usage: fetchMongod.mjs <folder>');
try {
  const file = await MongoBinary.getPath({ downloadDir: folder, checkMD5: false });
  process.stdout.write(`\n${file}\n`);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Error: ${reason.replaceAll('\n', ' ')}\n`);
  process.exit(1);
}
