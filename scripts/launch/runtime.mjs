// The Node that everything runs under: this one when it fits, else Node 24 from npm, kept in the cache.

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ask, runFetch } from './child.mjs';
import { StepFailed } from './failure.mjs';
import { cacheFolder } from './folders.mjs';
import { withLock } from './lock.mjs';
import { FETCHED_NODE_LINE, isSupportedNode, nodePackage } from './nodeVersion.mjs';
import { npmCommand } from './npm.mjs';
import { folderBytes, megabytes, say } from './progress.mjs';
import { provide } from './provide.mjs';

/**
 * The path of a Node binary that runs the product.
 * @returns {Promise<string>}
 */
export async function provideNode() {
  if (isSupportedNode(process.versions.node)) return process.execPath;
  const { value } = await provide({
    part: `Node.js 22.18+ or ${FETCHED_NODE_LINE}`,
    steps: [
      { name: 'this Node', run: () => refuse(`is ${process.version}`) },
      { name: 'the cache', run: cachedNode },
      {
        name: `Node ${FETCHED_NODE_LINE} from npm`,
        run: () => withLock(path.join(cacheFolder(), 'node.lock'), fetchNode),
      },
    ],
    remedies: [
      `install Node.js ${FETCHED_NODE_LINE} (https://nodejs.org) and put it first on the PATH`,
      'let npm reach a package registry (proxy settings, `npm config get registry`)',
      'set HOLDFAST_CACHE to a folder with at least 500 MB of free space',
    ],
  });
  return value;
}

/**
 * @param {string} reason
 * @returns {string}
 */
function refuse(reason) {
  throw new StepFailed(reason);
}

function packageName() {
  const name = nodePackage(process.platform, process.arch);
  return name ?? refuse(`there is no npm package of Node for ${process.platform} ${process.arch}`);
}

/** @param {string} folder */
function binaryIn(folder) {
  const file = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  return path.join(folder, 'node_modules', packageName(), file);
}

const nodeFolder = () => path.join(cacheFolder(), `node-${FETCHED_NODE_LINE}`);

function cachedNode() {
  const node = binaryIn(nodeFolder());
  return isSupportedNode(ask(node, ['--version']) ?? '') ? node : refuse('holds no Node that runs');
}

async function fetchNode() {
  try {
    return cachedNode();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  }
  const staging = `${nodeFolder()}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  say(`this is Node ${process.versions.node}; fetching Node ${FETCHED_NODE_LINE} from npm, once (about 60 MB)`);
  try {
    const npm = npmCommand(process.execPath);
    const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await runFetch({
      label: `fetching Node ${FETCHED_NODE_LINE}`,
      command: npm.command,
      args: [...npm.args, 'install', '--prefix', staging, ...flags, `${packageName()}@${FETCHED_NODE_LINE}`],
      cwd: staging,
      measure: () => measured(staging),
    });
    const version = ask(binaryIn(staging), ['--version']);
    if (!isSupportedNode(version ?? '')) refuse(`the fetched Node ${version ?? ''} does not run on this system`);
    rmSync(nodeFolder(), { recursive: true, force: true });
    renameSync(staging, nodeFolder());
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return binaryIn(nodeFolder());
}

/** @param {string} folder */
function measured(folder) {
  const bytes = folderBytes(folder);
  return { progress: bytes, detail: `${megabytes(bytes)} unpacked` };
}
