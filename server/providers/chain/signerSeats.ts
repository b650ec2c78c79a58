import { ZeroAddress } from 'ethers';
import type { Network } from '../../ports/outside.ts';
import type { Clock } from '../../ports.ts';
import { type ChainConnection, type ChainConnections, connectionOf } from './connection.ts';
import { decodeAnswer, encodeCall } from './escrowCodec.ts';
import type { RpcPool } from './rpcPool.ts';

// Seats 0 to 7 are signers, 9 is the treasury (contracts/SignerSet.sol).
const signerSeats = 8;

/** Who may sign for the escrow, how many have to, and who gets its fees. */
export type Seats = Pick<Network, 'signers' | 'threshold' | 'treasury'>;

/** Reads the seats from the contract. A seat keeps its index when the one before it is switched off: the index is the signature's tag. */
export async function readSeats(pool: RpcPool, escrow: string): Promise<Seats> {
  const ask = (data: string) => pool.run((provider) => provider.call({ to: escrow, data }));
  const [config, treasury, ...seats] = await Promise.all([
    ask(encodeCall('config', [])),
    ask(encodeCall('treasury', [])),
    ...Array.from({ length: signerSeats }, (_, index) => ask(encodeCall('seat', [index]))),
  ]);
  const { threshold, active: mask } = decodeAnswer('config', config);
  const active = Number(mask);
  const holders = seats.map((seat, index) =>
    (active >> index) & 1 ? decodeAnswer('seat', seat).toLowerCase() : ZeroAddress,
  );
  return {
    signers: holders.slice(0, 32 - Math.clz32(active)),
    threshold: Number(threshold),
    treasury: decodeAnswer('treasury', treasury).toLowerCase(),
  };
}

/** The connections with the seats as they were read last: holders are switched off and replaced while the server runs. */
export interface SeatedConnections {
  all(): readonly ChainConnection[];
  of(name: string): ChainConnection;
  /** The connection with the seats as they are now, or were read at most so long ago; those who ask at once share one reading. */
  read(name: string, maxAgeMs?: number): Promise<ChainConnection>;
}

/** Creates the connections from those of the start. */
export function createSeatedConnections(connections: ChainConnections, clock: Clock): SeatedConnections {
  const newest = new Map(connections);
  const startMs = clock.now();
  const readAtMs = new Map<string, number>();
  const readings = new Map<string, Promise<ChainConnection>>();

  async function readAnew(name: string): Promise<ChainConnection> {
    const connection = connectionOf(newest, name);
    const begunMs = clock.now();
    const seats = await readSeats(connection.pool, connection.network.escrow);
    const seated = { ...connection, network: { ...connection.network, ...seats } };
    newest.set(name, seated);
    readAtMs.set(name, begunMs);
    return seated;
  }

  return {
    all: () => [...newest.values()],
    of: (name) => connectionOf(newest, name),
    read: async (name, maxAgeMs) => {
      const ageMs = clock.now() - (readAtMs.get(name) ?? startMs);
      if (maxAgeMs !== undefined && ageMs <= maxAgeMs) return connectionOf(newest, name);
      const running = readings.get(name) ?? readAnew(name).finally(() => readings.delete(name));
      readings.set(name, running);
      return running;
    },
  };
}
