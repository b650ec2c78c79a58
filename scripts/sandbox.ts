import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSandbox } from './sandbox/banner.ts';
import { type Chain, startChain } from './sandbox/chain.ts';
import { choosePorts, movedPorts, type Ports } from './sandbox/ports.ts';
import { type Secrets, secretsOf } from './sandbox/secrets.ts';
import { type Server, startServer } from './sandbox/server.ts';
import { type Environment, type SandboxInfo, sandboxDefaults, withDefaults } from './sandbox/settings.ts';
import { answersOk, type Simulator, startSimulator } from './sandbox/simulator.ts';
import { onEndRequest } from './services/endRequest.ts';
import { freePort } from './services/freePort.ts';
import { readKept, writeKept } from './services/keptJson.ts';
import { type Service, startMongod } from './services/mongod.ts';
import { forgetProcess, recordedProcesses, recordProcess, runningProcess, stopOrphan } from './services/pidFile.ts';
import { startRedis } from './services/redis.ts';
import { refuseUnknown } from './services/refuseUnknown.ts';
import { waitUntil } from './services/waitUntil.ts';

export type { SandboxInfo } from './sandbox/settings.ts';

/** How a sandbox differs from the one `npm start` gives. */
export interface SandboxOptions {
  /** Where its data lies; `.holdfast` by default. */
  readonly directory?: string;
  /** Settings that win over the sandbox's own; the environment of this process by default. */
  readonly environment?: Environment;
  /** One entry for each server process with settings for it alone; one plain server by default. */
  readonly servers?: readonly { readonly env?: Environment; readonly dontWait?: boolean }[];
  /** Overrides what the SHKeeper simulator is told. */
  readonly simulator?: Readonly<Record<string, unknown>>;
  /** Free ports only, a chain that is forgotten, and fail points in MongoDB: for tests. */
  readonly temporary?: boolean;
  /** Restarts the server when a source changes. */
  readonly watch?: boolean;
  /** Says nothing about its progress. */
  readonly quiet?: boolean;
}

/** A running sandbox; a part that the environment replaced is undefined. */
export interface Sandbox {
  readonly info: SandboxInfo;
  readonly servers: readonly Server[];
  readonly mongo: Service | undefined;
  readonly redis: Service | undefined;
  readonly anvil: Service;
  readonly simulator: Simulator | undefined;
  stop(): Promise<void>;
}

const DEFAULT_DIRECTORY = fileURLToPath(new URL('../.holdfast', import.meta.url));
const START_LIMIT_MS = 90_000;

const infoFile = (directory: string) => path.join(directory, 'sandbox.json');
const runFolder = (directory: string) => path.join(directory, 'run');

/** The sandbox that another process runs in this folder, when there is one; waits while it is still starting. */
export async function runningSandbox(directory: string = DEFAULT_DIRECTORY): Promise<SandboxInfo | undefined> {
  const isAlive = () => runningProcess(runFolder(directory), 'sandbox') !== undefined;
  let info: SandboxInfo | undefined;
  await waitUntil(async () => {
    if (!isAlive()) return true;
    const written = readKept<SandboxInfo>(infoFile(directory));
    if (written && (await answersOk(`${written.apiUrl}/readyz`))) info = written;
    return info !== undefined;
  }, START_LIMIT_MS);
  return info;
}

/** Starts every part of the sandbox; when one does not start, stops those that did and throws. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const directory = path.resolve(options.directory ?? DEFAULT_DIRECTORY);
  await takeFolder(directory);
  const stops: (() => Promise<void>)[] = [async () => forgetProcess(runFolder(directory), 'sandbox')];
  const stop = async () => {
    // in reverse order: the server first, so that it never meets a dead store
    for (const stopOne of stops.splice(0).reverse()) await stopOne();
  };
  try {
    return { ...(await startParts(directory, options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Refuses a folder whose sandbox runs, and ends the parts that a killed one left behind. */
async function takeFolder(directory: string): Promise<void> {
  const folder = runFolder(directory);
  const owner = runningProcess(folder, 'sandbox');
  if (owner !== undefined)
    throw new Error(`a sandbox is already running in ${directory} (process ${owner}); stop it first`);
  recordProcess(folder, 'sandbox', process.pid);
  const left = recordedProcesses(folder).filter((name) => name !== 'sandbox');
  // the server first, as in a regular stop
  for (const name of left.sort().reverse()) await stopOrphan(folder, name);
}

async function startParts(directory: string, options: SandboxOptions, stops: (() => Promise<void>)[]) {
  const given = options.environment ?? process.env;
  const say = (line: string) => {
    if (!options.quiet) process.stderr.write(`holdfast: ${line}\n`);
  };
  const ports = await choosePorts(directory, options.temporary === true);
  const secrets = secretsOf(directory, given);
  say('starting MongoDB, Redis and the chain');
  const { mongo, redis, chain } = await startServices(directory, { ...options, given }, { ports, stops });
  if (!given.SHKEEPER_URL) say('starting the SHKeeper simulator');
  const simulator = given.SHKEEPER_URL
    ? undefined
    : await startSimulator({ directory, port: ports.simulator, chain, secrets, settings: options.simulator ?? {} });
  if (simulator) stops.push(simulator.stop);

  const port = Number(given.PORT || ports.server);
  const moved = options.temporary ? [] : movedPorts(ports, given);
  for (const line of moved) say(line);
  if (moved.length > 0) say(`(to go back, stop it and delete ports.json in ${directory})`);
  const info = describe({ given, secrets, chain, port });
  const reachable = {
    ...info,
    mongodbUri: given.MONGODB_URI || (mongo ? mongo.url.replace('/?', '/holdfast?') : ''),
    redisUrl: given.REDIS_URL || (redis?.url ?? ''),
    simulatorUrl: given.SHKEEPER_URL || (simulator?.url ?? ''),
  };
  say('starting the API');
  const base = withDefaults(sandboxDefaults(reachable, secrets, directory), given);
  const servers: Server[] = [];
  for (const [index, wanted] of (options.servers ?? [{}]).entries()) {
    const server = await startServer({
      name: index === 0 ? 'server' : `server-${index + 1}`,
      directory,
      port: index === 0 ? port : await freePort(),
      env: { ...base, ...wanted.env },
      watch: options.watch === true,
      dontWait: wanted.dontWait === true,
    });
    servers.push(server);
    stops.push(server.stop);
  }
  writeKept(infoFile(directory), reachable);
  return { info: reachable, servers, mongo, redis, anvil: chain.anvil, simulator };
}

/** Starts the stores that are not given and the chain, all at once; all of them are over before a failure is passed on. */
async function startServices(
  directory: string,
  { given, temporary = false }: SandboxOptions & { readonly given: Environment },
  { ports, stops }: { readonly ports: Ports; readonly stops: (() => Promise<void>)[] },
) {
  const noted = async <T extends { stop(): Promise<void> }>(service: Promise<T>): Promise<T> => {
    const started = await service;
    stops.push(started.stop);
    return started;
  };
  const starting = [
    given.MONGODB_URI ? undefined : noted(startMongod({ directory, port: ports.mongod, testCommands: temporary })),
    given.REDIS_URL ? undefined : noted(startRedis({ directory, port: ports.redis })),
    startChain(directory, ports.anvil, !temporary).then((chain) => {
      stops.push(chain.anvil.stop);
      return chain;
    }),
  ] as const;
  await Promise.allSettled(starting);
  const [mongo, redis, chain] = await Promise.all(starting);
  return { mongo, redis, chain };
}

function describe(parts: { given: Environment; secrets: Secrets; chain: Chain; port: number }): SandboxInfo {
  const { given, secrets, chain, port } = parts;
  return {
    apiUrl: `http://127.0.0.1:${port}`,
    jwtSecret: secrets.jwtSecret,
    jwtIssuer: given.JWT_ISSUER || 'holdfast',
    jwtAudience: given.JWT_AUDIENCE || 'holdfast',
    mongodbUri: '',
    redisUrl: '',
    chainUrl: chain.anvil.url,
    simulatorUrl: '',
    shkeeperApiKey: secrets.shkeeperApiKey,
    networksFile: given.NETWORKS_FILE || chain.networksFile,
    deployment: chain.deployment,
  };
}

/** What `npm start` and `npm run dev` do: the sandbox until Ctrl-C. */
async function main(): Promise<number> {
  refuseUnknown(process.argv.slice(2), ['--watch']);
  const asked = Promise.withResolvers<string>();
  onEndRequest(asked.resolve);
  const starting = startSandbox({ watch: process.argv.includes('--watch') });
  const first = await Promise.race([starting, asked.promise]);
  if (typeof first === 'string') {
    await starting.then((sandbox) => sandbox.stop()).catch(() => {});
    return 0;
  }
  process.stdout.write(await describeSandbox(first.info, path.join(DEFAULT_DIRECTORY, 'log')));
  const server = first.servers[0];
  const crashed = server?.process().ended.then((how) => `the API ended with ${how}:\n${server.process().lastLines()}`);
  const why = await Promise.race([asked.promise, ...(crashed ? [crashed] : [])]);
  process.stderr.write(why.startsWith('the API') ? `\nholdfast: ${why}\n` : '\nholdfast: stopping\n');
  await first.stop();
  return why.startsWith('the API') ? 1 : 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`\nholdfast: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
  process.exit();
}
