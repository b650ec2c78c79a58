import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import { orEarlyEnd, type Program, startProgram } from './program.ts';
import { programPath } from './programPath.ts';
import { waitUntil } from './waitUntil.ts';

/** How to run a replica set of one. */
export interface MongodOptions {
  readonly directory: string;
  readonly port: number;
  /** Opens `configureFailPoint` for fault tests. */
  readonly testCommands?: boolean;
}

/** A running service with the address clients use. */
export interface Service {
  readonly url: string;
  readonly port: number;
  readonly program: Program;
  stop(): Promise<void>;
}

const SET_NAME = 'holdfast';
const READY_LIMIT_MS = 60_000;
// NotYetInitialized, of MongoDB's error_codes.yml
const NOT_YET_INITIALIZED = 94;

/** Starts a mongod on its kept or new data and waits until it is the primary of its set. */
export async function startMongod(options: MongodOptions): Promise<Service> {
  const { directory, port } = options;
  const data = path.join(directory, 'mongo');
  mkdirSync(data, { recursive: true });
  const parameters = [`enableTestCommands=${options.testCommands ? 1 : 0}`, 'diagnosticDataCollectionEnabled=false'];
  const program = await startProgram({
    name: 'mongod',
    command: programPath('mongod'),
    args: [
      ...['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', SET_NAME],
      // small data: without a bound WiredTiger would take half the memory of the machine
      ...['--wiredTigerCacheSizeGB', '0.25', '--nounixsocket', '--quiet'],
      ...parameters.flatMap((parameter) => ['--setParameter', parameter]),
    ],
    directory,
  });
  const url = `mongodb://127.0.0.1:${port}/?replicaSet=${SET_NAME}`;
  await orEarlyEnd(program, becomesPrimary(port), 'ready');
  return { url, port, program, stop: () => program.stop() };
}

async function becomesPrimary(port: number): Promise<boolean> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: READY_LIMIT_MS,
  });
  try {
    await ensureSet(client, `127.0.0.1:${port}`);
    return await waitUntil(async () => {
      const hello = await client.db('admin').command({ hello: 1 });
      return hello.isWritablePrimary === true;
    }, READY_LIMIT_MS);
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

/** Initiates the set, or tells a set that was kept from an earlier start its new port. */
async function ensureSet(client: MongoClient, host: string): Promise<void> {
  const admin = client.db('admin');
  const config = await admin.command({ replSetGetConfig: 1 }).catch((error: unknown) => {
    if (error instanceof MongoServerError && error.code === NOT_YET_INITIALIZED) return undefined;
    throw error;
  });
  if (config === undefined) {
    await admin.command({ replSetInitiate: { _id: SET_NAME, members: [{ _id: 0, host }] } });
  } else if (config.config.members[0].host !== host) {
    const changed = {
      ...config.config,
      version: config.config.version + 1,
      members: [{ ...config.config.members[0], host }],
    };
    await admin.command({ replSetReconfig: changed, force: true });
  }
}
