import { formatAmount } from '../domain/money.ts';
import { isProvenDead } from '../domain/payoutMachine.ts';
import type { Signal } from '../domain/signal.ts';
import type { Transfer } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type {
  ChainHead,
  ChainReader,
  Clock,
  CrashPoint,
  EscrowGateway,
  Logger,
  Observation,
  PayInProvider,
  PaymentCoordinator,
  TransitionStore,
} from '../ports.ts';
import { type PayoutPolicy, payoutDefaults } from './rules/payoutPolicy.ts';
import { createPayoutReadiness } from './rules/payoutReadiness.ts';
import { createPayoutSearch } from './rules/payoutSearch.ts';
import { createPayoutSlot } from './rules/payoutSlot.ts';
import { deathOf, isEnded, isOwnTransfer, type PayoutView, payoutView, successOf } from './rules/payoutView.ts';

export interface DrivePayoutDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly chain: ChainReader;
  readonly gateway: EscrowGateway;
  readonly provider: PayInProvider;
  /** When a payout without proof of its end goes to a person. */
  readonly manualAfterMs: number;
  readonly payoutPolicy?: Partial<PayoutPolicy>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crash: CrashPoint;
}

/** When to look at the payout again; null when there is nothing left to do. */
export interface NextLook {
  readonly nextAtMs: number | null;
}

const actor = 'payouts';
/** A payout that still waits after this is a case for an operator (shkeeper.md §10.8, rule 6). */
const longWaitMs = 90 * 60_000;

/** What the provider says became of a payout. */
type Word =
  | { readonly stage: 'broadcast'; readonly txHash: string }
  | { readonly stage: 'reportedFailed'; readonly reason: string };

/** Takes one step of a payout or forward: sends it at most once, then only asks, until the chain has the last word (shkeeper.md §10.8). */
export function createDrivePayout(deps: DrivePayoutDeps) {
  const { chain, clock, coordinator, crash, logger, provider, store, manualAfterMs } = deps;
  const policy: PayoutPolicy = { ...payoutDefaults, ...deps.payoutPolicy };
  const obstacleOf = createPayoutReadiness(deps, policy);
  const freeSlot = createPayoutSlot(deps, policy.youngMs);
  const searchPayout = createPayoutSearch(deps);
  // When the provider was last asked about a payout; forgetting it at a restart costs one more question.
  const askedAt = new Map<string, number>();

  const observe = (view: PayoutView, signal: Signal): Promise<Observation> =>
    coordinator.observe(view.logId, signal, { actor });
  const ageOf = ({ machine }: PayoutView) => clock.now() - (machine.postedAtMs ?? machine.requestedAtMs);
  const isYoung = (view: PayoutView) => ageOf(view) < policy.youngMs;
  const soon = (view: PayoutView): NextLook => ({
    nextAtMs: clock.now() + (isYoung(view) && view.machine.stage !== 'manual' ? policy.lookMs : policy.slowLookMs),
  });
  const atOnce = (): NextLook => ({ nextAtMs: clock.now() });

  // ---- before the POST ----

  async function wait(view: PayoutView, reason: string): Promise<NextLook> {
    if (ageOf(view) > longWaitMs) logger.error({ paymentId: view.logId, reason }, 'a payout has been waiting for long');
    await observe(view, { kind: 'payoutWaiting', reason });
    return soon(view);
  }

  async function callPerson(view: PayoutView, reason: string): Promise<NextLook> {
    await observe(view, { kind: 'payoutReported', stage: 'manual', txHash: null, walletNonce: null, reason });
    return { nextAtMs: clock.now() + policy.slowLookMs };
  }

  async function send(view: PayoutView): Promise<void> {
    const { externalId, coin, amount, destination, callbackUrl, wallet } = view.machine;
    crash('payoutClaimed');
    const answer = await provider.createPayout({
      externalId,
      coin,
      amount: formatAmount(amount, view.asset.decimals),
      destination: deps.gateway.checksum(destination),
      callbackUrl,
    });
    crash('payoutPosted');
    if (answer.outcome === 'submitted') {
      await observe(view, { kind: 'payoutSubmitted', taskId: answer.taskId });
    } else if (answer.outcome === 'refused') {
      const { pending } = await chain.transactionCounts(view.asset.network, wallet);
      const { message: reason } = answer;
      await observe(view, { kind: 'payoutReported', stage: 'refused', txHash: null, walletNonce: pending, reason });
    } else {
      // No clear answer: the money may be on its way, so from here on it is only asked for.
      logger.error({ paymentId: view.logId, externalId, ...answer }, 'a payout got no clear answer');
    }
    crash('payoutRecorded');
  }

  async function claimAndSend(view: PayoutView, head: ChainHead): Promise<NextLook> {
    const answer = await freeSlot(view, clock.now());
    if ('wait' in answer) return wait(view, answer.wait);
    const signal = { kind: 'payoutUnknown', slot: answer.slot, head: head.number } as const;
    const observation = await observe(view, signal);
    // Whoever appended the claim makes the one call; everybody else only looks.
    if (observation.outcome === 'changed') await send(view);
    else if (observation.outcome === 'refused') return wait(view, observation.code);
    return soon(view);
  }

  async function post(view: PayoutView): Promise<NextLook> {
    if (!view.machine.approved) return { nextAtMs: null };
    const head = await chain.head(view.asset.network);
    const obstacle = await obstacleOf(view, head, clock.now());
    if (obstacle === null) return claimAndSend(view, head);
    return 'manual' in obstacle ? callPerson(view, obstacle.manual) : wait(view, obstacle.wait);
  }

  // ---- after the POST ----

  async function askStatus({ machine }: PayoutView): Promise<Word | null> {
    const status = await provider.getPayoutStatus(machine.externalId);
    if (status?.txHash) return { stage: 'broadcast', txHash: status.txHash };
    return status?.status === 'FAIL' ? { stage: 'reportedFailed', reason: 'payout status FAIL' } : null;
  }

  async function askTask({ machine }: PayoutView): Promise<Word | null> {
    if (machine.taskId === null) return null;
    const task = await provider.getTask(machine.coin, machine.taskId);
    const [txHash] = task.txHashes;
    if (txHash !== undefined) return { stage: 'broadcast', txHash };
    return task.status === 'FAILURE'
      ? { stage: 'reportedFailed', reason: `task FAILURE: ${task.message ?? ''}` }
      : null;
  }

  /** The provider's word, asked for at its own cadence; a provider that is away says nothing. */
  async function askProvider(view: PayoutView): Promise<Word | null> {
    const { externalId } = view.machine;
    const pause = isYoung(view) ? policy.askMs : policy.slowAskMs;
    if (clock.now() - (askedAt.get(externalId) ?? Number.NEGATIVE_INFINITY) < pause) return null;
    askedAt.set(externalId, clock.now());
    try {
      return (await askStatus(view)) ?? (await askTask(view));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'provider_failed') throw error;
      logger.warn({ paymentId: view.logId, externalId, error }, 'the provider could not be asked about a payout');
      return null;
    }
  }

  async function recordBroadcast(view: PayoutView, txHash: string): Promise<NextLook> {
    const signal = { kind: 'payoutReported', stage: 'broadcast', txHash, walletNonce: null, reason: null } as const;
    const observation = await observe(view, signal);
    return observation.outcome === 'changed' ? atOnce() : soon(view);
  }

  async function recordFailure(view: PayoutView, reason: string): Promise<NextLook> {
    const { pending } = await chain.transactionCounts(view.asset.network, view.machine.wallet);
    await observe(view, {
      kind: 'payoutReported',
      stage: 'reportedFailed',
      txHash: null,
      walletNonce: pending,
      reason,
    });
    return soon(view);
  }

  async function end(view: PayoutView, signal: Signal): Promise<NextLook> {
    askedAt.delete(view.machine.externalId);
    const observation = await observe(view, signal);
    if (
      observation.outcome === 'changed' ||
      observation.outcome === 'noChange' ||
      observation.outcome === 'duplicate'
    ) {
      return { nextAtMs: null };
    }
    logger.error(
      { paymentId: view.logId, signal: signal.kind, outcome: observation.outcome },
      'the end of a payout was not taken',
    );
    return callPerson(view, `end not taken: ${observation.outcome}`);
  }

  /** A refusal or a FAIL was read; only together with this proof may a second attempt be made (rule 3). */
  async function proveDeath(view: PayoutView): Promise<string | null> {
    const { machine, asset } = view;
    if (machine.stage !== 'refused' && machine.stage !== 'reportedFailed') return null;
    const { finalized } = await chain.transactionCounts(asset.network, machine.wallet);
    const dead = isProvenDead(machine, { nowMs: clock.now(), finalizedCount: finalized, transferFound: false });
    if (!dead) return null;
    return `${machine.stage} (${machine.reason ?? ''}); no transfer; wallet count ${finalized} > ${machine.reportedNonce}`;
  }

  /** Without proof nobody but a person ends a payout. */
  async function keepLooking(view: PayoutView): Promise<NextLook> {
    const due = ageOf(view) >= manualAfterMs && view.machine.stage !== 'manual';
    return due ? callPerson(view, `no proof of its end since it was ${view.machine.stage}`) : soon(view);
  }

  async function ask(view: PayoutView): Promise<NextLook> {
    const found = await searchPayout(view);
    if (found) return recordBroadcast(view, found.txHash);
    const proof = await proveDeath(view);
    if (proof !== null) return end(view, deathOf(view, proof));
    const word = await askProvider(view);
    if (word?.stage === 'broadcast') return recordBroadcast(view, word.txHash);
    const fresh = view.machine.reportedAtMs === null && view.machine.stage !== 'manual';
    if (word && fresh) return recordFailure(view, word.reason);
    return keepLooking(view);
  }

  /** A reverted receipt proves death once it is final: when every transaction the wallet has sent is. */
  async function isRevertFinal(view: PayoutView): Promise<boolean> {
    const { pending, finalized } = await chain.transactionCounts(view.asset.network, view.machine.wallet);
    return finalized >= pending;
  }

  async function confirm(view: PayoutView): Promise<NextLook> {
    const { txHash, destination, postedBlock } = view.machine;
    const verdicts =
      txHash === null ? [] : await chain.proveTransfer(view.asset.network, txHash, destination, postedBlock ?? 0);
    const proven = verdicts.flatMap((entry) => ('transfer' in entry ? [entry] : []));
    const own = proven.find((entry) => isOwnTransfer(view, entry.transfer));
    if (own) return own.final ? end(view, successOf(view, own.transfer)) : soon(view);
    const found: Transfer | null = await searchPayout(view);
    if (found && found.txHash !== txHash) return recordBroadcast(view, found.txHash);
    if (verdicts.some(({ verdict }) => verdict === 'reverted') && (await isRevertFinal(view))) {
      return end(view, deathOf(view, `the receipt of ${txHash} is reverted and final`));
    }
    const word = await askProvider(view);
    if (word?.stage === 'broadcast' && word.txHash !== txHash) return recordBroadcast(view, word.txHash);
    return keepLooking(view);
  }

  return async function drivePayout(paymentId: string): Promise<NextLook> {
    const view = payoutView((await store.tail(paymentId))?.state);
    if (view === null || isEnded(view.machine)) return { nextAtMs: null };
    const { stage } = view.machine;
    if (stage === 'requested' || stage === 'waiting') return post(view);
    return stage === 'broadcast' ? confirm(view) : ask(view);
  };
}
