import path from 'node:path';
import { freePort } from '../services/freePort.ts';
import { readKept, writeKept } from '../services/keptJson.ts';

const NAMES = ['mongod', 'redis', 'anvil', 'simulator', 'server'] as const;

/** One port for each part. */
export type Ports = Record<(typeof NAMES)[number], number>;

/** What a newcomer expects: the API's and the chain's customary ports; the stores keep clear of installed ones. */
const CUSTOMARY: Ports = { mongod: 27117, redis: 6479, anvil: 8545, simulator: 5000, server: 4000 };

/**
 * The ports of a sandbox: those of its last start while they are free, because addresses that were handed out (callback
 * urls, replica-set members) hold them; a temporary sandbox takes any.
 */
export async function choosePorts(directory: string, temporary: boolean): Promise<Ports> {
  const file = path.join(directory, 'ports.json');
  const kept = readKept<Partial<Ports>>(file);
  const ports: Partial<Ports> = {};
  for (const name of NAMES) ports[name] = await freePort(kept?.[name], temporary ? undefined : CUSTOMARY[name]);
  writeKept(file, ports);
  return ports as Ports;
}
