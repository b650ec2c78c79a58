import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from '../scripts/services/freePort.ts';
import { startMongod } from '../scripts/services/mongod.ts';
import { startRedis } from '../scripts/services/redis.ts';
import { cores, pin } from './cores.ts';
import { type BenchProcess, startProcess } from './processes.ts';
import { serverEnvironment } from './settings.ts';

/** Everything a measurement needs; what it starts is over when the stage is closed. */
export interface Stage {
  readonly client: MongoClient;
  readonly folder: string;
  readonly mongodPid: number;
  /** Whether servers have a core to themselves. */
  pinned(): boolean;
  /** A process of `bench/`, started when it is first wanted; `name` tells several of one script apart. */
  process(script: string, name?: string, env?: Readonly<Record<string, string>>): Promise<BenchProcess>;
  redisUrl(): Promise<string>;
  close(): Promise<void>;
}

const databaseName = 'bench';
/** The small cache of the tests' database would measure the disk. */
const cache = 'cache_size=1G';

function databaseUri(url: string): string {
  const uri = new URL(url);
  uri.pathname = `/${databaseName}`;
  return uri.toString();
}

/** Starts a MongoDB of its own and answers the stage around it. */
export async function openStage(options: { readonly profileTo?: string | undefined }): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // also when this process is asked to end in the middle
  process.once('exit', remove);
  const stops: (() => unknown)[] = [remove];
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const mongod = await startMongod({ directory: folder, port: await freePort() });
    stops.push(mongod.stop);
    const client = await new MongoClient(databaseUri(mongod.url)).connect();
    stops.push(() => client.close());
    await client.db('admin').command({ setParameter: 1, wiredTigerEngineRuntimeConfig: cache });
    // the generator runs in this process
    const pins = [pin(mongod.program.pid, cores.others), pin(process.pid, cores.others)];
    const env = serverEnvironment({ mongodbUri: databaseUri(mongod.url), folder });
    const parts = { folder, env, pins, stops, profileTo: options.profileTo };
    return { client, folder, mongodPid: mongod.program.pid, ...partsOf(parts), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function partsOf(stage: {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pins: boolean[];
  readonly stops: (() => unknown)[];
  readonly profileTo: string | undefined;
}) {
  const { folder, pins, stops, profileTo } = stage;
  const processes = new Map<string, Promise<BenchProcess>>();
  let redis: Promise<string> | undefined;

  async function start(script: string, env: Readonly<Record<string, string>>): Promise<BenchProcess> {
    const started = await startProcess({ script, env: { ...stage.env, ...env }, profileTo });
    stops.push(started.stop);
    pins.push(started.pinned);
    return started;
  }

  async function openRedis(): Promise<string> {
    const started = await startRedis({ directory: folder, port: await freePort() });
    stops.push(started.stop);
    pins.push(pin(started.program.pid, cores.others));
    return started.url;
  }

  return {
    pinned: () => pins.every((done) => done),
    process(script: string, name = script, env: Readonly<Record<string, string>> = {}) {
      const known = processes.get(name) ?? start(script, env);
      processes.set(name, known);
      return known;
    },
    redisUrl() {
      redis ??= openRedis();
      return redis;
    },
  };
}
