import path from 'node:path';
import { writeNetworksFile } from '../../../scripts/deployLocal.ts';
import { type Server, startServer } from '../../../scripts/sandbox/server.ts';
import type { Environment } from '../../../scripts/sandbox/settings.ts';
import { answersOk } from '../../../scripts/sandbox/simulator.ts';
import type { SandboxOptions } from '../../../scripts/sandbox.ts';
import { freePort } from '../../../scripts/services/freePort.ts';
import { eventually } from '../../support/eventually.ts';
import { type FaultProxy, startProxy } from './proxy.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { type Answer, callAt, openStage, type Stage } from './stage.ts';

/** The way of one server to each of its dependencies. */
export interface Links {
  readonly mongo: FaultProxy;
  readonly redis: FaultProxy;
  readonly chain: FaultProxy;
  readonly provider: FaultProxy;
}

/** One of the servers under test, behind proxies of its own. */
export interface FaultServer extends Server {
  readonly name: string;
  readonly links: Links;
  /** Kills it with -9 without waiting for anything but its end. */
  die(): Promise<void>;
  /** Starts it again after its death; answers when it is ready. */
  revive(env?: Environment): Promise<void>;
  isRunning(): boolean;
}

/** How a stage of faults differs from three plain servers. */
export interface FaultStageOptions {
  /** One entry for each server, with settings for it alone. */
  readonly servers?: readonly { readonly env?: Environment }[];
  /** Settings of all servers. */
  readonly environment?: Environment;
  readonly simulator?: SandboxOptions['simulator'];
}

/**
 * Several servers on one database, each behind proxies, with real stores, a real chain and the provider's simulator.
 * `call` without a server asks one after the other, as a balancer would, and repeats over their deaths; every call is recorded.
 * `mongo`, `chain` and `control` go around the proxies.
 */
export interface FaultStage extends Stage {
  readonly servers: readonly FaultServer[];
  readonly recorder: Recorder;
  /** The proxies of all servers before one dependency. */
  links(dependency: keyof Links): readonly FaultProxy[];
}

/** How often a balanced call is repeated when nobody answers; with a look at who is ready in between. */
const maxRepeats = 20;
const readyLimitMs = 60_000;
/** Above anything a scenario asks; what limits do is tested elsewhere. */
const noRateLimit = '1000000';

/** Opens the stage; `close` leaves nothing behind. */
export async function openFaultStage(options: FaultStageOptions = {}): Promise<FaultStage> {
  const base = await openStage({ servers: [], ...(options.simulator ? { simulator: options.simulator } : {}) });
  const opened: FaultServer[] = [];
  const close = async () => {
    await Promise.all(opened.map((server) => server.stop()));
    await Promise.all(opened.flatMap(({ links }) => Object.values(links).map((link: FaultProxy) => link.close())));
    await base.close();
  };
  try {
    const wanted = options.servers ?? [{}, {}, {}];
    const start = async (index: number) => {
      const env = { ...options.environment, ...wanted[index]?.env };
      opened[index] = await startBehindProxies(base, `server-${index + 1}`, env);
    };
    // the first server sets the database up for the others
    if (wanted.length > 0) await start(0);
    // those that did start are closed with the rest when another one did not
    const others = await Promise.allSettled(wanted.slice(1).map((_, index) => start(index + 1)));
    for (const one of others) if (one.status === 'rejected') throw one.reason;
  } catch (error) {
    await close();
    throw error;
  }
  const recorder = createRecorder();
  const call = createBalancer(opened, recorder);
  const links = (dependency: keyof Links) => opened.map((server) => server.links[dependency]);
  return { ...base, sandbox: { ...base.sandbox, servers: opened }, servers: opened, recorder, call, links, close };
}

async function startBehindProxies(stage: Stage, name: string, env: Environment): Promise<FaultServer> {
  const { info } = stage.sandbox;
  const portOf = (url: string) => Number(new URL(url).port);
  const [mongo, redis, chain, provider] = (await Promise.all(
    [info.mongodbUri, info.redisUrl, info.chainUrl, info.simulatorUrl].map((url) => startProxy(portOf(url))),
  )) as [FaultProxy, FaultProxy, FaultProxy, FaultProxy];
  const networksFile = path.join(stage.directory, `networks-${name}.json`);
  writeNetworksFile(networksFile, info.deployment, `http://127.0.0.1:${chain.port}`);
  const port = await freePort();
  const server = await startServer({
    name,
    directory: stage.directory,
    port,
    env: {
      ...stage.environment,
      // a URI with the set's name would discover the member's own address and go around the proxy
      MONGODB_URI: `mongodb://127.0.0.1:${mongo.port}${new URL(info.mongodbUri).pathname}?directConnection=true`,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      NETWORKS_FILE: networksFile,
      SHKEEPER_URL: `http://127.0.0.1:${provider.port}`,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      RATE_LIMIT_PER_MINUTE: noRateLimit,
      // More than all payouts of a run.
      PAYOUT_MOST_PER_DAY: '1000000000',
      ...env,
    },
  });
  return {
    ...server,
    name,
    links: { mongo, redis, chain, provider },
    isRunning: () => server.process().isRunning(),
    die: () => server.kill('SIGKILL'),
    revive: (more = {}) => server.restart({ CRASH_AT: undefined, ...more }),
  };
}

function createBalancer(servers: readonly FaultServer[], recorder: Recorder): Stage['call'] {
  let turn = 0;

  async function ask(url: string, method: string, path: string, call: Parameters<Stage['call']>[2]): Promise<Answer> {
    try {
      const answer = await callAt(url, method, path, call);
      recorder.record({ method, path, body: call?.body, answer });
      return answer;
    } catch (error) {
      recorder.record({ method, path, body: call?.body, answer: null });
      throw error;
    }
  }

  return async (method, path, call = {}) => {
    const named = call.server === undefined ? undefined : servers[call.server];
    if (named) return ask(named.url, method, path, call);
    for (let repeat = 0; ; repeat += 1) {
      turn += 1;
      const server = servers[turn % servers.length] as FaultServer;
      try {
        return await ask(server.url, method, path, call);
      } catch (error) {
        if (repeat === maxRepeats || !(error instanceof TypeError)) throw error;
        await someoneIsReady(servers);
      }
    }
  };
}

const someoneIsReady = (servers: readonly FaultServer[]) =>
  eventually(async () => (await Promise.all(servers.map(({ url }) => answersOk(`${url}/livez`)))).includes(true), {
    timeoutMs: readyLimitMs,
    what: 'a server answers',
  });
