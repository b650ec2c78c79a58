import { type Config, ConfigError, loadConfig } from './config.ts';
import { systemClock } from './deps/system.ts';
import { createDeps, type Deps } from './deps.ts';
import { limitConnections } from './http/connectionLimit.ts';
import { giveLastAnswers } from './http/lastAnswers.ts';
import { createListener } from './http/listener.ts';

/** sysexits.h EX_CONFIG: the operator has to change the configuration. */
const exitConfig = 78;
/** An orderly stop lets running work finish; after this it is cut (fault F16: exit within 10 s). */
const stopWithinMs = 9_000;

async function serve(config: Config): Promise<void> {
  const http = createListener();
  // before the sockets take their path out of what is heard here: a listener that comes after them would answer their requests a second time
  let app: Deps['app'] = null;
  http.on('request', (request, response) => app?.(request, response));
  const deps = await createDeps(config, { http });
  app = deps.app;
  limitConnections(http, { max: config.MAX_CONNECTIONS, logger: deps.logger, now: systemClock.now });
  const stop = async (signal: string) => {
    deps.logger.info({ signal }, 'stopping');
    const deadline = setTimeout(() => process.exit(1), stopWithinMs);
    giveLastAnswers(http);
    await deps.stop();
    clearTimeout(deadline);
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await new Promise<void>((resolve) => http.listen(config.PORT, config.HOST, resolve));
  await deps.start();
  deps.logger.info({ address: http.address(), roles: config.ROLES }, 'ready');
}

process.on('unhandledRejection', (reason) => {
  console.error('A rejection nobody handled; stopping is better than going on wrongly:', reason);
  process.exit(1);
});

try {
  await serve(loadConfig());
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(error instanceof ConfigError ? exitConfig : 1);
}
