import { randomBytes } from 'node:crypto';
import type { Terms } from '../../server/domain/terms.ts';
import { createLook } from '../../server/monitor/chainLook.ts';
import type { ChainReader } from '../../server/ports/outside.ts';
import type { CrashPoint, Watch } from '../../server/ports.ts';
import { type ChainWorld, memoryLogger } from '../providers/chain/chainWorld.ts';
import { memoryBooks, memoryCursors, memoryWatches } from './chainBooks.ts';

/** An id no payment had before. */
export const freshId = () => randomBytes(12).toString('hex');
/** The log of what lies at the escrow and belongs to no payment. */
export const suspense = 'suspense-bsc-usdt';

export type MonitorStage = ReturnType<typeof monitorStage>;
export type Monitor = ReturnType<MonitorStage['monitor']>;

interface MonitorOptions {
  readonly blocksPerSlice?: number;
  /** Stands in for the reader of the real chain. */
  readonly chain?: ChainReader;
}

/** Monitors of a real chain over books, a cursor and watches in memory; the time is the stage's own. */
export function monitorStage(world: ChainWorld) {
  const books = memoryBooks();
  const cursors = memoryCursors();
  const watches = memoryWatches();
  const logger = memoryLogger();
  let now = Date.now();

  function monitor(crash: CrashPoint = () => {}, options: MonitorOptions = {}) {
    const [network] = world.chain.networks;
    if (network === undefined) throw new Error('no network');
    const { coordinator, queries, store } = books;
    const tick = createLook({
      ...{ network, chain: world.chain.reader, cursors, watches, queries, store, coordinator, logger, crash },
      ...{ clock: { now: () => now }, marketplaceId: 'main', ...options },
    });
    return { tick };
  }

  /** A watched payment, as the relay would have written it. */
  async function payment(changes: Partial<Terms> = {}, provider: string | null = null, watched: Partial<Watch> = {}) {
    const terms = world.terms(changes);
    const { termsId, vault } = world.chain.gateway.identify('bsc', terms);
    const paymentId = freshId();
    const fromBlock = (await world.chain.reader.head('bsc')).number;
    const addresses = [
      { address: vault, custody: 'contract' as const },
      ...(provider ? [{ address: provider, custody: 'provider' as const }] : []),
    ];
    const watch = { paymentId, chainId: 31337, addresses, termsId, hotWallet: null, fromBlock, untilMs: now + 1e6 };
    await watches.upsert({ ...watch, ...watched });
    return { paymentId, terms, termsId, vault };
  }

  /** Ends the present blocks' chance to change and lets the monitor see it. */
  async function settleDown(watching: ReturnType<typeof monitor>) {
    await world.finalize();
    return watching.tick();
  }

  return {
    ...{ books, cursors, watches, logger, monitor, payment, settleDown },
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
}
