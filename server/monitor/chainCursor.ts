import type { ChainHead } from '../domain/evidence.ts';
import { AppError } from '../errors.ts';
import type { ChainReader, Network } from '../ports/outside.ts';
import type { ChainCursor, CursorStore, Logger, WatchStore } from '../ports.ts';
import { liveWatches } from './chainFacts.ts';

export interface CursorSources {
  readonly network: Network;
  readonly chain: ChainReader;
  readonly cursors: CursorStore;
  readonly watches: WatchStore;
  readonly logger: Logger;
}

// One hash a move; a minute of moves on a fast chain, and far beyond any reorganisation of finalized blocks.
const rememberedHashes = 64;

async function entryAt({ chain, network }: CursorSources, blockNumber: number) {
  const hash = await chain.blockHash(network.name, blockNumber);
  if (hash === null)
    throw new AppError('chain_unavailable', `Block ${blockNumber} of ${network.name} is not to be had.`);
  return { number: blockNumber, hash };
}

/** The first cursor: at finality, or below the oldest watch when payments were opened before anybody watched. */
async function firstCursor(sources: CursorSources, head: ChainHead, nowMs: number): Promise<ChainCursor> {
  const { network, watches } = sources;
  let blockNumber = head.finalized;
  for await (const page of liveWatches(watches, network.chainId, nowMs)) {
    blockNumber = Math.max(0, Math.min(blockNumber, ...page.map((watch) => watch.fromBlock - 1)));
  }
  return { chainId: network.chainId, blockNumber, recent: [await entryAt(sources, blockNumber)] };
}

/** The newest remembered block that is still on the chain. */
async function commonAncestor({ chain, network }: CursorSources, cursor: ChainCursor, head: ChainHead) {
  for (const entry of cursor.recent.toReversed()) {
    if (entry.number > head.number) continue;
    const hash = await chain.blockHash(network.name, entry.number);
    if (hash === null)
      throw new AppError('chain_unavailable', `A node of ${network.name} lacks a block below its head.`);
    if (hash === entry.hash) return entry;
  }
  return null;
}

function rewound(cursor: ChainCursor, ancestor: { readonly number: number } | null, head: ChainHead): ChainCursor {
  const { chainId, recent } = cursor;
  if (ancestor)
    return { chainId, blockNumber: ancestor.number, recent: recent.filter(({ number }) => number <= ancestor.number) };
  const oldest = recent[0]?.number ?? 0;
  return { chainId, blockNumber: Math.max(0, Math.min(oldest - 1, head.finalized)), recent: [] };
}

/** Where to go on from: the stored cursor, taken back to the common ancestor when the chain below it has changed. */
export async function openCursor(
  sources: CursorSources,
  head: ChainHead,
  nowMs: number,
): Promise<{ readonly cursor: ChainCursor; readonly reorganised: boolean }> {
  const { cursors, network, logger } = sources;
  const stored = await cursors.get(network.chainId);
  if (stored === null) {
    const first = await firstCursor(sources, head, nowMs);
    // When another process was faster, its cursor is there now.
    return (await cursors.move(null, first)) ? { cursor: first, reorganised: false } : openCursor(sources, head, nowMs);
  }
  const newest = stored.recent.at(-1);
  if (newest === undefined) return { cursor: stored, reorganised: false };
  const ancestor = await commonAncestor(sources, stored, head);
  if (ancestor === newest) return { cursor: stored, reorganised: false };
  const back = rewound(stored, ancestor, head);
  const fields = { network: network.name, from: stored.blockNumber, to: back.blockNumber, head: head.number };
  logger.error(fields, 'the chain changed below its finalized block');
  if (await cursors.move(stored, back)) return { cursor: back, reorganised: true };
  throw new AppError('busy', `Another process took the cursor of ${network.name} back.`);
}

/**
 * Moves the cursor forward; harmless when another process was faster. It stays when the chain changed since `head` was read: the entry would
 * carry the hash of the new chain over facts of the old one, and nobody would ever look back.
 */
export async function advance(
  sources: CursorSources,
  cursor: ChainCursor,
  blockNumber: number,
  head: ChainHead,
): Promise<ChainCursor> {
  const entry = await entryAt(sources, blockNumber);
  if ((await sources.chain.blockHash(sources.network.name, head.number)) !== head.hash.toLowerCase()) return cursor;
  const recent = [...cursor.recent, entry].slice(-rememberedHashes);
  const next: ChainCursor = { chainId: cursor.chainId, blockNumber, recent };
  await sources.cursors.move(cursor, next);
  return next;
}
