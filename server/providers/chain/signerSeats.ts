import { ZeroAddress } from 'ethers';
import type { Network } from '../../ports/outside.ts';
import { type ChainConnection, type ChainConnections, connectionOf } from './connection.ts';
import { decodeAnswer, encodeCall } from './escrowCodec.ts';
import type { RpcPool } from './rpcPool.ts';

// Seats 0 to 7 are signers (contracts/SignerSet.sol).
const signerSeats = 8;

/** Who may sign for the escrow, and how many have to. */
export type SignerSeats = Pick<Network, 'signers' | 'threshold'>;

/** Reads the seats from the contract. A seat keeps its index when the one before it is switched off: the index is the signature's tag. */
export async function readSeats(pool: RpcPool, escrow: string): Promise<SignerSeats> {
  const ask = (data: string) => pool.run((provider) => provider.call({ to: escrow, data }));
  const [config, ...seats] = await Promise.all([
    ask(encodeCall('config', [])),
    ...Array.from({ length: signerSeats }, (_, index) => ask(encodeCall('seat', [index]))),
  ]);
  const { threshold, active: mask } = decodeAnswer('config', config);
  const active = Number(mask);
  const holders = seats.map((seat, index) =>
    (active >> index) & 1 ? decodeAnswer('seat', seat).toLowerCase() : ZeroAddress,
  );
  return { signers: holders.slice(0, 32 - Math.clz32(active)), threshold: Number(threshold) };
}

/** The connections with the seats as they were read last: signers are switched off and replaced while the server runs. */
export interface SeatedConnections {
  all(): readonly ChainConnection[];
  of(name: string): ChainConnection;
  /** The connection with the seats as they are now; those who ask at once share one reading. */
  read(name: string): Promise<ChainConnection>;
}

/** Creates the connections from those of the start. */
export function createSeatedConnections(connections: ChainConnections): SeatedConnections {
  const newest = new Map(connections);
  const readings = new Map<string, Promise<ChainConnection>>();

  async function readAnew(name: string): Promise<ChainConnection> {
    const connection = connectionOf(newest, name);
    const seats = await readSeats(connection.pool, connection.network.escrow);
    const seated = { ...connection, network: { ...connection.network, ...seats } };
    newest.set(name, seated);
    return seated;
  }

  return {
    all: () => [...newest.values()],
    of: (name) => connectionOf(newest, name),
    read: async (name) => {
      const running = readings.get(name) ?? readAnew(name).finally(() => readings.delete(name));
      readings.set(name, running);
      return running;
    },
  };
}
