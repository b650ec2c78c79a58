import { arrivalKey } from '../domain/claim.ts';
import type { ChainHead } from '../domain/evidence.ts';
import { hotWalletsOf, signalOfTransfer } from '../domain/sighting.ts';
import type { Signal } from '../domain/signal.ts';
import type { PaymentState, State, Transfer } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { ChainReader, EscrowGateway, PayInProvider } from '../ports/outside.ts';
import type { Logger, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { incoming } from './rules/refusal.ts';

export interface VerifyPaymentDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly chain: ChainReader;
  readonly gateway: Pick<EscrowGateway, 'network'>;
  readonly provider: PayInProvider;
  readonly logger: Logger;
}

/** A fresh look reads at most this far back (16 h of BSC at 0.45 s a block); older money is found by the chain monitor. */
const maxBlocks = 128_000;
/** Named transactions proven one by one in a single look; more than a buyer ever needs. */
const maxNamed = 50;
const actor = 'verifier';

async function observe(deps: VerifyPaymentDeps, paymentId: string, signal: Signal, who = actor): Promise<void> {
  const observation = await deps.coordinator.observe(paymentId, signal, { actor: who });
  if (observation.outcome === 'refused') {
    deps.logger.warn({ paymentId, signal: signal.kind, code: observation.code }, 'a fact was refused');
  }
}

async function askProvider(deps: VerifyPaymentDeps, state: PaymentState): Promise<void> {
  if (!state.provider) return;
  const { logger } = deps;
  const { externalId } = state.provider;
  try {
    const reports = await deps.provider.getInvoice(externalId);
    // Two invoices mean two addresses, of which we know one.
    if (reports.length > 1) logger.error({ paymentId: state.id, count: reports.length }, 'several invoices for one id');
    for (const report of reports.filter((entry) => entry.externalId === externalId)) {
      await observe(deps, state.id, { kind: 'providerReported', report }, 'poller:shkeeper');
    }
  } catch (error) {
    // The chain decides, so a provider that is away only costs a hint.
    if (!(error instanceof AppError) || error.code !== 'provider_failed') throw error;
    logger.warn({ paymentId: state.id, error }, 'the provider could not be asked');
  }
}

/** Transactions somebody named (client or provider) that are not known yet: each is proven by itself. */
async function named(
  chain: ChainReader,
  state: PaymentState,
  receivers: readonly string[],
  known: ReadonlySet<string>,
): Promise<Transfer[]> {
  const reported = state.provider?.transactions.map((entry) => entry.txHash) ?? [];
  const unknown = [...state.hints, ...reported].filter((hash) => !known.has(hash));
  const proven: Transfer[] = [];
  for (const hash of new Set(unknown.slice(0, maxNamed))) {
    for (const receiver of receivers) {
      const verdicts = await chain.proveTransfer(state.asset.network, hash, receiver, state.headBlock);
      proven.push(...verdicts.flatMap((entry) => ('transfer' in entry ? [entry.transfer] : [])));
    }
  }
  return proven;
}

/** Credited transfers whose block left the chain; one that was mined again is credited anew by the scan that follows. */
async function orphans(chain: ChainReader, state: PaymentState, head: ChainHead): Promise<Signal[]> {
  const signals: Signal[] = [];
  const young = state.arrivals.filter((entry) => !entry.reversed && entry.blockNumber > head.finalized);
  for (const arrival of young) {
    const canonical = await chain.blockHash(state.asset.network, arrival.blockNumber);
    if (canonical === null || canonical === arrival.blockHash) continue;
    signals.push({ kind: 'transferOrphaned', arrivalKey: arrivalKey(arrival), epoch: arrival.epoch });
  }
  return signals;
}

/** Sightings that the chain shows no longer: the transaction was dropped, or mined again without this transfer. */
async function vanished(chain: ChainReader, state: PaymentState, shown: readonly Transfer[]): Promise<Signal[]> {
  const keys = new Set(shown.map(arrivalKey));
  const signals: Signal[] = [];
  for (const key of state.seen.filter((seen) => !keys.has(seen))) {
    const [, txHash = '', receiver = ''] = key.split(':');
    const verdicts = await chain.proveTransfer(state.asset.network, txHash, receiver, state.headBlock);
    if (verdicts.some((entry) => 'transfer' in entry)) continue;
    signals.push({ kind: 'transferOrphaned', arrivalKey: key, epoch: 0 });
  }
  return signals;
}

async function askChain(deps: VerifyPaymentDeps, state: PaymentState): Promise<void> {
  const { chain, gateway } = deps;
  const head = await chain.head(state.asset.network);
  const receivers = [...new Set([state.vault, ...(state.provider?.address ? [state.provider.address] : [])])];
  const orphaned = await orphans(chain, state, head);
  for (const signal of orphaned) await observe(deps, state.id, signal);
  const from = Math.max(state.headBlock, head.number - maxBlocks);
  const scanned = await chain.transfersTo(state.asset.network, receivers, from, head.number);
  const booked = state.arrivals.map((entry) => entry.txHash);
  const known = new Set([...booked, ...scanned.map((entry) => entry.txHash)]);
  const transfers = [...scanned, ...(await named(chain, state, receivers, known))].filter(({ amount }) => amount > 0n);
  const gone = await vanished(chain, state, transfers);
  for (const signal of gone) await observe(deps, state.id, signal);
  const hotWallets = hotWalletsOf(state.provider?.hotWallet, gateway.network(state.asset.network)?.shkeeperHotWallet);
  for (const transfer of transfers.sort((a, b) => a.blockNumber - b.blockNumber)) {
    const custody = transfer.receiver === state.vault ? 'contract' : 'provider';
    const signal = signalOfTransfer(transfer, { custody, hotWallets }, head);
    if (signal) await observe(deps, state.id, signal);
  }
}

/** Takes one fresh look at provider and chain, and records every fact about this payment that is not recorded yet. */
export function createVerifyPayment(deps: VerifyPaymentDeps) {
  const read = async (paymentId: string) => incoming((await deps.store.tail(paymentId))?.state);
  return async function verifyPayment(paymentId: string, look: { readonly askProvider: boolean }): Promise<State> {
    if (look.askProvider) await askProvider(deps, await read(paymentId));
    await askChain(deps, await read(paymentId));
    return read(paymentId);
  };
}
