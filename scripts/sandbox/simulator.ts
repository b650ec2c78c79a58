import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { orEarlyEnd, type Program, startProgram } from '../services/program.ts';
import { waitUntil } from '../services/waitUntil.ts';
import type { Chain } from './chain.ts';
import type { Secrets } from './secrets.ts';

/** The SHKeeper simulator as its own process. */
export interface Simulator {
  readonly url: string;
  readonly program: Program;
  stop(): Promise<void>;
}

/** Where the simulator runs and how; `settings` overrides anything it is told. */
export interface SimulatorOptions {
  readonly directory: string;
  readonly port: number;
  readonly chain: Chain;
  readonly secrets: Secrets;
  readonly settings?: Readonly<Record<string, unknown>>;
}

const MAIN = fileURLToPath(new URL('../../server/providers/shkeeper/simulator/main.ts', import.meta.url));
const READY_LIMIT_MS = 30_000;
/** The real server looks once a minute; nobody should wait for that in a sandbox. */
const TICK_MS = 1000;
const SWEEP_DELAY_MS = 1000;

/** Starts the simulator on the local chain and waits until it is healthy. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { directory, port } = options;
  const program = await startProgram({
    name: 'simulator',
    command: process.execPath,
    args: [...process.execArgv, MAIN, JSON.stringify(settingsFor(options))],
    directory,
  });
  const url = `http://127.0.0.1:${port}`;
  await orEarlyEnd(
    program,
    waitUntil(() => answersOk(`${url}/control/health`), READY_LIMIT_MS),
    'ready',
  );
  return { url, program, stop: () => program.stop() };
}

function settingsFor({ directory, port, chain, secrets, settings }: SimulatorOptions): Record<string, unknown> {
  const { deployment, anvil } = chain;
  const coin = { name: 'BNB-USDT', tokenAddress: deployment.token, decimals: deployment.tokenDecimals, symbol: 'USDT' };
  return {
    port,
    host: '127.0.0.1',
    rpcUrl: anvil.url,
    chainId: deployment.chainId,
    apiKey: secrets.shkeeperApiKey,
    payoutUser: secrets.payoutUser,
    payoutPassword: secrets.payoutPassword,
    hotWalletKey: deployment.hotWalletKey,
    buyerKey: deployment.buyerKey,
    coins: [coin],
    tickMs: TICK_MS,
    sweepDelayMs: SWEEP_DELAY_MS,
    stateFile: path.join(directory, 'simulator.json'),
    profile: 'recommended',
    ...settings,
  };
}

/** Whether an address answers 200 at this moment. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
