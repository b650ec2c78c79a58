import { MongoClient } from 'mongodb';
import { type Server, startServer } from '../../../scripts/sandbox/server.ts';
import { answersOk } from '../../../scripts/sandbox/simulator.ts';
import { freePort } from '../../../scripts/services/freePort.ts';
import { eventually } from '../../support/eventually.ts';
import { type Answer, callAt, type Stage } from './stage.ts';

/** A server of its own on a stage: its own database, nobody beside it, restarted by hand when it died. */
export interface Solo extends Stage {
  readonly server: Server;
  /** How often it was found dead and started again. */
  deaths(): number;
}

/** How often one call is repeated over the deaths of its server. */
const maxRepeats = 5;
/** How long a server may take to start on two busy cores. */
const startLimitMs = 60_000;

/** Starts a solo server; `env` may carry CRASH_AT, which a restart takes away. */
export async function startSolo(stage: Stage, name: string, env: Readonly<Record<string, string>>): Promise<Solo> {
  const { info } = stage.sandbox;
  const port = await freePort();
  const uri = new URL(info.mongodbUri);
  uri.pathname = `/${name}`;
  const server = await startServer({
    name,
    directory: stage.directory,
    port,
    env: {
      ...stage.environment,
      REDIS_URL: '',
      MONGODB_URI: uri.toString(),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ...env,
    },
    dontWait: true,
  });
  const mongo = await new MongoClient(uri.toString()).connect();
  let deaths = 0;
  let restarting: Promise<void> | null = null;
  const revive = async () => {
    if (server.process().isRunning()) return;
    const end = await server.process().ended;
    if (end !== 'signal SIGKILL') throw new Error(`${name} ended by itself: ${end}\n${server.process().lastLines()}`);
    restarting ??= server.restart({ CRASH_AT: undefined }).finally(() => {
      deaths += 1;
      restarting = null;
    });
    await restarting;
  };
  const call: Stage['call'] = async (method, path, options = {}): Promise<Answer> => {
    for (let repeat = 0; ; repeat += 1) {
      try {
        await revive();
        return await callAt(server.url, method, path, options);
      } catch (error) {
        if (repeat === maxRepeats || !(error instanceof TypeError)) throw error;
        await eventually(async () => !server.process().isRunning() || (await answersOk(`${server.url}/readyz`)), {
          timeoutMs: startLimitMs,
          what: `${name} is dead or ready`,
        });
      }
    }
  };
  return {
    ...stage,
    mongo,
    server,
    call,
    deaths: () => deaths,
    async close() {
      await mongo.close();
      await server.stop();
    },
  };
}
