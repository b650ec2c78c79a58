import path from 'node:path';
import { freePort } from '../services/freePort.ts';
import { readKept, writeKept } from '../services/keptJson.ts';

const NAMES = ['mongod', 'redis', 'anvil', 'simulator', 'server'] as const;

/** One port for each part. */
export type Ports = Record<(typeof NAMES)[number], number>;

/** What a newcomer expects: the API's and the chain's customary ports; the stores keep clear of installed ones. */
const CUSTOMARY: Ports = { mongod: 27117, redis: 6479, anvil: 8545, simulator: 5000, server: 4000 };

const LABELS: Record<keyof Ports, string> = {
  mongod: 'MongoDB',
  redis: 'Redis',
  anvil: 'the chain',
  simulator: "the provider's simulator",
  server: 'the API',
};

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

/** A line for each part that is not where a newcomer expects it, so that he need not search; parts given by settings are not ours to name. */
export function movedPorts(ports: Ports, given: Readonly<Record<string, string | undefined>>): string[] {
  const elsewhere = {
    mongod: given.MONGODB_URI,
    redis: given.REDIS_URL,
    anvil: undefined,
    simulator: given.SHKEEPER_URL,
    server: given.PORT,
  };
  return NAMES.filter((name) => !elsewhere[name] && ports[name] !== CUSTOMARY[name]).map(
    (name) => `${LABELS[name]} takes port ${ports[name]}: ${CUSTOMARY[name]} was not free when it was chosen`,
  );
}
