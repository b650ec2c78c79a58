import { MongoClient } from 'mongodb';
import { type Server, startServer } from '../../../scripts/sandbox/server.ts';
import { answersOk } from '../../../scripts/sandbox/simulator.ts';
import { freePort } from '../../../scripts/services/freePort.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { secondsUntilDone, undoneNow } from './recovery.ts';
import { type Answer, callAt, type Stage } from './stage.ts';

/** A server of its own on a stage: its own database, nobody beside it, restarted by hand when it died. */
export interface Solo extends Stage {
  readonly server: Server;
  /** How often it was found dead and started again. */
  deaths(): number;
  /** Seconds from each restart until it was ready and what was undone was done; waits for the last of them. */
  recoveries(): Promise<readonly number[]>;
  readonly recorder: Recorder;
}

/** How often one call is repeated over the deaths of its server. */
const maxRepeats = 10;
/** A step may have four deaths more than usual, with a start and a lease each. */
const patienceOfMany = 3;
/** How long a server may take to start on two busy cores. */
const startLimitMs = 60_000;

/** Starts a solo server; `env` may carry CRASH_AT and ROLES, which a restart takes away; each restart has the next of `later` as its CRASH_AT. */
export async function startSolo(
  stage: Stage,
  name: string,
  env: Readonly<Record<string, string>>,
  later: readonly string[] = [],
): Promise<Solo> {
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
  const recorder = createRecorder();
  const recoveries: Promise<number>[] = [];
  let deaths = 0;
  let restarting: Promise<void> | null = null;
  const revive = async () => {
    if (server.process().isRunning()) return;
    const end = await server.process().ended;
    if (end !== 'signal SIGKILL') throw new Error(`${name} ended by itself: ${end}\n${server.process().lastLines()}`);
    restarting ??= restart().finally(() => {
      deaths += 1;
      restarting = null;
    });
    await restarting;
  };
  const restart = async () => {
    const begunMs = performance.now();
    const undone = await undoneNow({ mongo });
    await server.restart({ CRASH_AT: later[deaths], ROLES: undefined });
    const recovered = secondsUntilDone({ mongo }, server.url, undone, begunMs);
    recovered.catch(() => undefined);
    recoveries.push(recovered);
  };
  const call: Stage['call'] = async (method, path, options = {}): Promise<Answer> => {
    for (let repeat = 0; ; repeat += 1) {
      try {
        await revive();
        const answer = await callAt(server.url, method, path, options);
        recorder.record({ method, path, body: options.body, answer });
        return answer;
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
    ...(later.length > 0 ? { patience: patienceOfMany } : {}),
    mongo,
    server,
    call,
    deaths: () => deaths,
    recoveries: () => Promise.all(recoveries),
    recorder,
    async close() {
      // a recovery that is still being looked at would look on long after there is nothing to see
      await Promise.allSettled(recoveries);
      await mongo.close();
      await server.stop();
    },
  };
}
