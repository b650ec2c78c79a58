import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadConfig } from '../../server/config.ts';
import { createDeps } from '../../server/deps.ts';
import { answerParent } from '../answers.ts';
import { instantProvider, standingChain } from '../outside.ts';
import { listen } from './listen.ts';
import { watchLiveHeap } from './liveHeap.ts';
import { coordinatorHandlers } from './observeLoop.ts';

/** The product itself on its real store; only the chain and the provider stand in this process. */
const config = loadConfig();
const http = createServer();
const deps = await createDeps(config, { http, outside: { chain: standingChain, provider: instantProvider } });
if (deps.app) http.on('request', deps.app);
const port = await listen(http);
await deps.start();

const liveHeap = watchLiveHeap();
const delays = monitorEventLoopDelay({ resolution: 10 });
delays.enable();
const nanosecondsOfMillisecond = 1e6;
/** The 99th percentile since it was asked last. */
function loopDelay(): number {
  const worst = delays.percentile(99) / nanosecondsOfMillisecond;
  delays.reset();
  return worst;
}

answerParent({ port: () => port, loopDelay, liveHeap, ...coordinatorHandlers(deps.ports.coordinator) }, async () => {
  await deps.stop();
  http.closeAllConnections();
});
