import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWallets, type Wallets } from '../../scripts/demo/wallets.ts';
import { deployLocal, type LocalDeployment, writeNetworksFile } from '../../scripts/deployLocal.ts';
import { freePort } from '../../scripts/services/freePort.ts';
import { loadConfig } from '../../server/config.ts';
import { createDeps, type Deps } from '../../server/deps.ts';
import type { Role } from '../../server/ports.ts';
import { startSimulator } from '../../server/providers/shkeeper/simulator/simulator.ts';
import { createTokens } from '../../server/tokens.ts';
import { heardLogger, plant, plantAll } from './canaries.ts';
import { services, uniqueDatabase } from './services.ts';

const jwtSecret = plant('JWT_SECRET of the test app', 'a secret of tests, 32 characters and more');
const apiKey = plant('SHKEEPER_API_KEY of the test app', 'test-api-key-of-the-test-app');
const payoutPassword = plant('SHKEEPER_PAYOUT_PASSWORD of the test app', 'password-of-payouts-of-the-test-app');
/** How long a person who waits is willing to; busy machines need some of it. */
export const patienceMs = 60_000;

/** The real app on a real MongoDB, a real chain and the provider's simulator, in this process. */
export interface TestApp {
  readonly url: string;
  readonly apiKey: string;
  readonly deps: Deps;
  readonly deployment: LocalDeployment;
  readonly wallets: Wallets;
  bearer(role: Role, userId?: string): string;
  close(): Promise<void>;
}

async function startProvider(deployment: LocalDeployment, apiKey: string) {
  return startSimulator({
    rpcUrl: services().chainUrl,
    chainId: deployment.chainId,
    apiKey,
    payoutUser: 'admin',
    payoutPassword,
    hotWalletKey: deployment.hotWalletKey,
    coins: [{ name: 'BNB-USDT', tokenAddress: deployment.token, decimals: deployment.tokenDecimals, symbol: 'USDT' }],
    tickMs: 500,
    sweepDelayMs: 500,
  });
}

/** Starts the app with everything behind it; settings given here win. `close` leaves nothing behind, nor does a failed start. */
export async function openTestApp(settings: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const stops: (() => unknown)[] = [];
  const close = async () => {
    // The provider first, so that nobody calls a server that is gone.
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return { ...(await startParts(settings, stops)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(settings: Readonly<Record<string, string>>, stops: (() => unknown)[]) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-app-'));
  stops.push(() => rmSync(directory, { recursive: true, force: true }));
  const deployment = await deployLocal({ rpcUrl: services().chainUrl });
  plantAll({ ...deployment, ...settings });
  writeNetworksFile(join(directory, 'networks.json'), deployment, services().chainUrl);
  const wallets = createWallets(services().chainUrl, deployment.token);
  stops.push(wallets.close);
  const http = createServer();
  const port = await freePort();
  const simulator = await startProvider(deployment, apiKey);
  stops.push(() => simulator.stop());
  const url = `http://127.0.0.1:${port}`;
  const config = loadConfig({
    NODE_ENV: 'test',
    PUBLIC_URL: url,
    MONGODB_URI: uniqueDatabase('app').uri,
    REDIS_URL: '',
    JWT_SECRET: jwtSecret,
    NETWORKS_FILE: join(directory, 'networks.json'),
    TERMS_ARCHIVE: join(directory, 'terms'),
    SHKEEPER_URL: simulator.url,
    SHKEEPER_API_KEY: apiKey,
    SHKEEPER_PAYOUT_USER: 'admin',
    SHKEEPER_PAYOUT_PASSWORD: payoutPassword,
    RATE_LIMIT_PER_MINUTE: '100000',
    LOG_LEVEL: 'fatal',
    ...settings,
  });
  const deps = await createDeps(config, { http, logger: heardLogger });
  stops.splice(-1, 0, async () => {
    await deps.stop();
    http.closeAllConnections();
    http.close();
  });
  if (deps.app) http.on('request', deps.app);
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  await deps.start();
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  const tokens = createTokens({ secret: jwtSecret, publicKey: '', issuer, audience });
  const bearer = (role: Role, userId = `${role}-1`) => `Bearer ${tokens.sign({ userId, role }, 3600)}`;
  return { url, apiKey, deps, deployment, wallets, bearer };
}
