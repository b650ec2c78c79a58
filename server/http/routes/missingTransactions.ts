import type { Router } from 'express';
import type { PaymentState } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { AppDeps } from '../appDeps.ts';
import { batchCursor, placeOfBatch } from '../batchCursors.ts';
import { autoFetchMissing, fetchTransaction, type transactionSources } from '../endpoints/missingTransactions.ts';
import { exactRouter } from '../exactRouter.ts';
import { incomingOnly, newest, ownPayment } from '../ownership.ts';
import { buyersTransfers } from '../presentParts.ts';
import type { Serve } from '../serve.ts';

interface Found {
  readonly transactionHash: string;
  readonly network: string;
  readonly source: (typeof transactionSources)[number];
}

const sentences: Record<Found['source'], string> = {
  record: "The payment's history has the transaction.",
  chain: 'The chain shows the transaction, and it is recorded now.',
  provider: 'The provider names the transaction; the chain has not proven it yet.',
};

/** The transaction that the chain proved; null when none is booked. */
function booked(state: PaymentState, source: 'record' | 'chain'): Found | null {
  const [transfer] = buyersTransfers(state);
  return transfer ? { transactionHash: transfer.txHash, network: state.asset.network, source } : null;
}

/** A transaction that only the provider speaks of. */
function reported(state: PaymentState): Found | null {
  const [entry] = state.provider?.transactions ?? [];
  return entry ? { transactionHash: entry.txHash, network: state.asset.network, source: 'provider' } : null;
}

/** Finding the transactions of payments whose own record of them is missing. */
export function missingTransactionRoutes(deps: AppDeps, serve: Serve): Router {
  const { commands } = deps;
  const router = exactRouter();

  async function lookFor(id: string, watched: boolean): Promise<Found | null> {
    if (watched) await commands.verifyPayment(id, { askProvider: true, hint: true });
    const { state } = incomingOnly(await newest(deps, id));
    return booked(state, 'chain') ?? reported(state);
  }

  serve(router, autoFetchMissing, async ({ body: { limit, cursor } }) => {
    const { operation } = autoFetchMissing;
    const after = placeOfBatch(operation, cursor);
    const { checked, next } = await commands.findMissingTransactions({ limit, after, askProvider: true });
    const without = checked.filter(({ before }) => booked(before, 'record') === null);
    const payments = without.flatMap(({ now }) => {
      const found = now && (booked(now, 'chain') ?? reported(now));
      return found ? [{ paymentId: now.id, ...found }] : [];
    });
    const unchecked = without.filter(({ now }) => now === null).length;
    const counts = { scanned: checked.length, found: payments.length, unchecked };
    const notFound = without.length - payments.length - unchecked;
    const data = { ...counts, notFound, payments, nextCursor: batchCursor(operation, next) };
    return { success: true, data, message: `${payments.length} of ${without.length} missing transactions were found.` };
  });

  serve(router, fetchTransaction, async ({ actor, params: { id } }) => {
    const { state } = incomingOnly(await ownPayment(deps, actor, id));
    const found = booked(state, 'record') ?? (await lookFor(id, deps.clock.now() < state.watchUntilMs));
    if (found === null) {
      throw new AppError('transaction_not_mined', 'No transaction has paid this payment, as far as the chain shows.');
    }
    return { success: true, ...found, message: sentences[found.source] };
  });

  return router;
}
