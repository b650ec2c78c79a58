import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Wallet } from 'ethers';
import { createCallbacks } from './callbacks.ts';
import { createChain, createSender } from './chain.ts';
import { createControlRoutes } from './controlRoutes.ts';
import { createDeliveries } from './deliveries.ts';
import { htmlError, type Incoming, json, notFound, type Reply, readIncoming, writeReply } from './http.ts';
import { createMerchantRoutes } from './merchantRoutes.ts';
import { createPayouts } from './payouts.ts';
import { createScanner } from './scanner.ts';
import { type SimulatorOptions, type SimulatorSettings, settingsSchema } from './settings.ts';
import { openStore } from './state.ts';
import { createSweeper } from './sweeper.ts';
import { createSwitches } from './switches.ts';
import type { World } from './world.ts';

/** A job of the scheduler: never twice at the same time, as on the original. */
interface Lane {
  readonly busy: () => boolean;
  readonly run: () => Promise<void>;
  /** Resolves when what was started is over. */
  readonly settled: () => Promise<void>;
}

/** A running simulator. */
export interface RunningSimulator {
  readonly url: string;
  stop(): Promise<void>;
}

function createLane(job: () => Promise<void>, onProblem: (error: unknown) => void): Lane {
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  return {
    busy: () => waiting > 0,
    settled: () => last,
    run() {
      waiting += 1;
      last = last
        .then(job)
        .catch(onProblem)
        .finally(() => {
          waiting -= 1;
        });
      return last;
    },
  };
}

function createWorld(settings: SimulatorSettings): World {
  const chain = createChain(settings);
  const store = openStore(settings.stateFile);
  const heldNonces = (): number[] =>
    store.state.tasks.flatMap((task) => task.transfers.filter((one) => one.held).map((one) => one.nonce));
  const hotWallet = createSender(chain, new Wallet(settings.hotWalletKey), heldNonces);
  const switches = createSwitches(settings.profile);
  return { settings, chain, store, hotWallet, switches, nowMs: Date.now };
}

/** The scheduler of the original: independent jobs on one tick, of which a hung one holds up only itself. */
function createScheduler(world: World) {
  let lastProblem: string | null = null;
  const onProblem = (error: unknown): void => {
    lastProblem = error instanceof Error ? error.message.slice(0, 300) : String(error);
  };
  const deliveries = createDeliveries(world);
  const callbacks = createCallbacks(world, deliveries);
  const payouts = createPayouts(world);
  const scanner = createScanner(world, callbacks);
  const sweeper = createSweeper(world);
  const tasks = createLane(payouts.runTasks, onProblem);
  const lanes: readonly Lane[] = [
    createLane(scanner.scan, onProblem),
    createLane(async () => {
      await callbacks.unrelated();
      await callbacks.redeliver();
    }, onProblem),
    createLane(async () => {
      await callbacks.payouts();
      await payouts.poll();
    }, onProblem),
    createLane(sweeper.sweep, onProblem),
    tasks,
  ];
  const runLanes = async (chosen: readonly Lane[]): Promise<void> => {
    world.store.state.tick += 1;
    await Promise.all(chosen.map((lane) => lane.run()));
    world.store.save();
  };
  return {
    deliveries,
    payouts,
    lastProblem: () => lastProblem,
    /** Runs every job once, after one that is still running. */
    tick: () => runLanes(lanes),
    /** The timer's tick: a job that is still running is left out. */
    beat: () => runLanes(lanes.filter((lane) => !lane.busy())),
    startTasks: () => tasks.run(),
    idle: async () => {
      deliveries.close();
      await Promise.all(lanes.map((lane) => lane.settled()));
    },
  };
}

function createHandler(world: World, scheduler: ReturnType<typeof createScheduler>) {
  const { deliveries, payouts, tick, lastProblem } = scheduler;
  const buyerKey = world.settings.buyerKey;
  const buyer = buyerKey === undefined ? null : createSender(world.chain, new Wallet(buyerKey));
  const control = createControlRoutes({ world, deliveries, buyer, tick, lastProblem });
  const desk: typeof payouts = {
    ...payouts,
    async accept(order) {
      const answer = await payouts.accept(order);
      // The queue's worker takes a task at once, and the caller does not wait for it.
      void scheduler.startTasks();
      return answer;
    },
  };
  const merchant = createMerchantRoutes(world, desk);
  return async (request: Incoming): Promise<Reply> => {
    const [first, second] = request.segments;
    if (first === 'control') return control(request);
    return first === 'api' && second === 'v1' ? merchant(request) : notFound;
  };
}

function createSimulatorServer(handle: (request: Incoming) => Promise<Reply>): Server {
  return createServer(async (request, response) => {
    try {
      const incoming = await readIncoming(request);
      writeReply(response, incoming ? await handle(incoming) : json({ error: 'too large' }, 413));
    } catch {
      if (!response.headersSent) writeReply(response, htmlError);
    }
  });
}

/** Starts a simulator: a server that speaks SHKeeper's API, owns real keys and moves real money on the local chain. */
export async function startSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const settings = settingsSchema.parse(options);
  const world = createWorld(settings);
  const scheduler = createScheduler(world);
  const server = createSimulatorServer(createHandler(world, scheduler));
  server.listen(settings.port, settings.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const timer = settings.tickMs > 0 ? setInterval(() => void scheduler.beat(), settings.tickMs) : null;
  return {
    url: `http://${settings.host}:${port}`,
    async stop() {
      if (timer) clearInterval(timer);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await scheduler.idle();
      world.store.save();
      world.chain.close();
    },
  };
}
