import { setTimeout as delay } from 'node:timers/promises';
import type { Graces } from '../../domain/invariants/auditedStep.ts';
import type { Transition } from '../../domain/transition.ts';
import { AppError } from '../../errors.ts';
import type { AuditedBooks, ChainBooks } from '../../ports/audit.ts';
import type { ChainReader, EscrowGateway, Network } from '../../ports/outside.ts';
import type { Clock, Logger } from '../../ports.ts';
import type { PinnedNetwork } from './auditChain.ts';
import type { AuditSources } from './auditLogs.ts';

/** What an audit of one payment, or of everything, needs. */
export interface AuditDeps {
  readonly auditedBooks: AuditedBooks;
  readonly chainBooks: ChainBooks;
  readonly chain: Pick<ChainReader, 'head' | 'blockHash' | 'transfersTo' | 'escrowEvents'>;
  readonly gateway: Pick<EscrowGateway, 'networks'>;
  readonly digest: (value: unknown) => string;
  readonly projectedFields: (transition: Transition) => Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After this a payout without a clear answer belongs to a person. */
  readonly manualAfterMs: number;
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** A block that was compared with, as a report names it. */
export interface PinnedBlock {
  readonly network: string;
  readonly chainId: number;
  readonly number: number;
  readonly hash: string;
}

const lookEveryMs = 500;
/** Ten seconds for a node that was just behind. */
const mostLooks = 20;

/** Effects run within seconds; what is not done after this is stuck, or the worker is. The sweep looks at ends every few seconds. */
const graces = { effectMs: 5 * 60_000, deadlineMs: 30 * 60_000 } as const satisfies Omit<Graces, 'payoutMs'>;

/** Pins every network to its newest final block, and lends the checks what they need. */
export async function pinAudit(deps: AuditDeps, since: number): Promise<AuditSources> {
  const { chain, clock } = deps;
  const pinned = new Map<string, PinnedNetwork>();
  for (const network of deps.gateway.networks()) {
    const number = await finalBlock(deps, network);
    const hash = await chain.blockHash(network.name, number);
    if (hash === null) throw new AppError('chain_unavailable', `No node of ${network.name} has block ${number}.`);
    pinned.set(network.name, { network, number, hash, pinnedAtMs: clock.now() });
  }
  const { auditedBooks: books, chainBooks, digest, projectedFields: projectionOf, manualAfterMs } = deps;
  const tools = { digest, projectionOf, nowMs: clock.now(), graces: { ...graces, payoutMs: manualAfterMs } };
  return { books, chain, chainBooks, tools, pinned, since };
}

/** The newest final block; one below what the monitor has told would leave the newest facts out without a word. */
async function finalBlock({ chain, auditedBooks, pause = delay }: AuditDeps, network: Network): Promise<number> {
  const told = (await auditedBooks.toldUpTo(network.chainId)) ?? 0;
  for (let look = 0; look < mostLooks; look += 1) {
    if (look > 0) await pause(lookEveryMs);
    const { finalized } = await chain.head(network.name);
    if (finalized >= told) return finalized;
  }
  throw new AppError('chain_unavailable', `The nodes of ${network.name} are behind block ${told}, which was told.`);
}

/** The pinned blocks, for a report. */
export const blocksOf = ({ pinned }: AuditSources): PinnedBlock[] =>
  [...pinned.values()].map(({ network, number, hash }) => ({
    ...{ network: network.name, chainId: network.chainId, number, hash },
  }));

/** A final block that changed makes everything worthless that was compared with it. */
export async function confirmPins({ chain }: AuditDeps, { pinned }: AuditSources): Promise<void> {
  for (const { network, number, hash } of pinned.values()) {
    const now = await chain.blockHash(network.name, number);
    if (now !== hash) throw new AppError('chain_unavailable', `Block ${number} of ${network.name} changed meanwhile.`);
  }
}

/** Gives the monitors their time to tell what the pinned blocks hold; a chain that no monitor ever looked at is not waited for. */
export async function untilTold(deps: AuditDeps, { pinned }: AuditSources, patienceMs: number): Promise<void> {
  const { auditedBooks, clock, pause = delay } = deps;
  const end = clock.now() + patienceMs;
  for (const { network, number } of pinned.values()) {
    for (;;) {
      const told = await auditedBooks.toldUpTo(network.chainId);
      if (told === null || told >= number || clock.now() >= end) break;
      await pause(lookEveryMs);
    }
  }
}
