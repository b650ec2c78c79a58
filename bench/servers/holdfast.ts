import { createServer } from 'node:http';
import { loadConfig } from '../../server/config.ts';
import { createDeps } from '../../server/deps.ts';
import { answerParent } from '../answers.ts';
import { instantProvider, standingChain } from '../outside.ts';
import { listen } from './listen.ts';
import { coordinatorHandlers } from './observeLoop.ts';

/** The product itself on its real store; only the chain and the provider stand in this process. */
const config = loadConfig();
const http = createServer();
const deps = await createDeps(config, { http, outside: { chain: standingChain, provider: instantProvider } });
if (deps.app) http.on('request', deps.app);
const port = await listen(http);
await deps.start();
answerParent({ port: () => port, ...coordinatorHandlers(deps.ports.coordinator) }, async () => {
  await deps.stop();
  http.closeAllConnections();
});
