import { isEnded, statusOfStage } from '../domain/payoutMachine.ts';
import type { Transfer } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { Actor, PaymentCoordinator, Queries } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import { createPayoutDeath, type PayoutDeathPorts } from './rules/payoutDeath.ts';
import { deathOf, isOwnTransfer, type PayoutView, payoutView, successOf } from './rules/payoutView.ts';
import { recorded } from './rules/refusal.ts';

export interface ResolvePayoutDeps extends PayoutDeathPorts {
  readonly queries: Pick<Queries, 'paymentByExternalId'>;
  readonly coordinator: PaymentCoordinator;
}

export interface ResolvePayoutInput {
  readonly actor: Actor;
  readonly externalId: string;
  readonly outcome: 'sent' | 'notSent';
  readonly txHash?: string | undefined;
}

/** A person ends a payout that nothing proves; what he says is checked against the chain as far as it can be. */
export function createResolvePayout(deps: ResolvePayoutDeps) {
  const { chain, store } = deps;
  const demandUnsent = createPayoutDeath(deps);

  async function openView(externalId: string): Promise<PayoutView> {
    const logId = await deps.queries.paymentByExternalId(externalId);
    const view = logId === null ? null : payoutView((await store.tail(logId))?.state);
    if (view === null) throw new AppError('not_found', 'There is no such payout.');
    if (view.machine.externalId !== externalId || isEnded(view.machine)) {
      throw new AppError('payout_not_open', 'This payout has ended already.');
    }
    return view;
  }

  async function proveSent(view: PayoutView, txHash: string | undefined): Promise<Transfer> {
    if (txHash === undefined || !/^0x[0-9a-fA-F]{64}$/.test(txHash)) {
      throw new AppError('validation_failed', 'txHash of the transfer is needed.', { details: { field: 'txHash' } });
    }
    const { destination, postedBlock } = view.machine;
    const { network } = view.asset;
    const verdicts = await chain.proveTransfer(network, txHash.toLowerCase(), destination, postedBlock ?? 0);
    const proven = verdicts.flatMap((entry) => ('transfer' in entry ? [entry] : []));
    const own = proven.find((entry) => isOwnTransfer(view, entry.transfer));
    if (own?.final) return own.transfer;
    if (own) throw new AppError('escrow_not_final', 'The transfer is not final yet.');
    const verdict = verdicts[0]?.verdict;
    if (verdict === 'notFound' || verdict === 'orphaned') {
      throw new AppError('transaction_not_mined', 'The transaction is not mined yet.');
    }
    if (verdict === 'reverted') throw new AppError('transaction_reverted', 'The transaction was reverted.');
    throw new AppError('transaction_mismatch', 'The transaction is not this payout.');
  }

  return async function resolvePayout(
    input: ResolvePayoutInput,
  ): Promise<{ readonly payoutId: string; readonly status: string }> {
    demandAdmin(input.actor);
    const view = await openView(input.externalId);
    if (input.outcome === 'notSent') await demandUnsent(view);
    const signal =
      input.outcome === 'sent'
        ? successOf(view, await proveSent(view, input.txHash))
        : deathOf(view, `admin:${input.actor.userId}`);
    const observation = await deps.coordinator.observe(view.logId, signal, { actor: userActor(input.actor) });
    const ended = payoutView(recorded(observation).state);
    return { payoutId: view.logId, status: statusOfStage[ended?.machine.stage ?? view.machine.stage] };
  };
}
