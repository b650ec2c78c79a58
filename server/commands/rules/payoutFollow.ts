import type { TransferVerdict } from '../../domain/evidence.ts';
import { isProvenDead } from '../../domain/payoutMachine.ts';
import type { Signal } from '../../domain/signal.ts';
import type { ChainReader, PayInProvider } from '../../ports/outside.ts';
import type { Clock, Logger, TransitionStore } from '../../ports.ts';
import type { NextLook, PayoutCourse } from './payoutCourse.ts';
import type { PayoutPolicy } from './payoutPolicy.ts';
import { createPayoutSearch } from './payoutSearch.ts';
import { deathOf, isOwnTransfer, type PayoutView, successOf } from './payoutView.ts';
import { createPayoutWord } from './payoutWord.ts';

export interface PayoutFollowPorts {
  readonly store: TransitionStore;
  readonly chain: ChainReader;
  readonly provider: PayInProvider;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly manualAfterMs: number;
}

interface Following extends PayoutFollowPorts {
  readonly course: PayoutCourse;
  readonly search: ReturnType<typeof createPayoutSearch>;
  readonly words: ReturnType<typeof createPayoutWord>;
}

async function recordBroadcast({ course }: Following, view: PayoutView, txHash: string): Promise<NextLook> {
  const told = { stage: 'broadcast', txHash, walletNonce: null, reason: null } as const;
  const observation = await course.observe(view, { kind: 'payoutReported', ...told });
  return observation.outcome === 'changed' ? course.atOnce() : course.soon(view);
}

async function recordFailure({ chain, course }: Following, view: PayoutView, reason: string): Promise<NextLook> {
  const { pending } = await chain.transactionCounts(view.asset.network, view.machine.wallet);
  const told = { stage: 'reportedFailed', txHash: null, walletNonce: pending, reason } as const;
  await course.observe(view, { kind: 'payoutReported', ...told });
  return course.soon(view);
}

async function end({ course, logger, words }: Following, view: PayoutView, signal: Signal): Promise<NextLook> {
  words.forget(view);
  const { outcome } = await course.observe(view, signal);
  if (outcome === 'changed' || outcome === 'noChange' || outcome === 'duplicate') return { nextAtMs: null };
  logger.error({ paymentId: view.logId, signal: signal.kind, outcome }, 'the end of a payout was not taken');
  return course.callPerson(view, `end not taken: ${outcome}`);
}

/** A refusal or a FAIL was read; only together with this proof may a second attempt be made (rule 3). */
async function proofOfDeath({ chain, clock }: Following, { machine, asset }: PayoutView): Promise<string | null> {
  if (machine.stage !== 'refused' && machine.stage !== 'reportedFailed') return null;
  const { finalized } = await chain.transactionCounts(asset.network, machine.wallet);
  const dead = isProvenDead(machine, { nowMs: clock.now(), finalizedCount: finalized });
  if (!dead) return null;
  return `${machine.stage} (${machine.reason ?? ''}); no transfer; wallet count ${finalized} > ${machine.reportedNonce}`;
}

/** Without proof nobody but a person ends a payout. */
async function keepLooking({ course, manualAfterMs }: Following, view: PayoutView): Promise<NextLook> {
  const overdue = course.ageOf(view) >= manualAfterMs && view.machine.stage !== 'manual';
  return overdue
    ? course.callPerson(view, `no proof of its end since it was ${view.machine.stage}`)
    : course.soon(view);
}

/** The call was made, and what became of it is not known: first the chain is asked, then the provider. */
async function ask(following: Following, view: PayoutView): Promise<NextLook> {
  const found = await following.search(view);
  if (found) return recordBroadcast(following, view, found.txHash);
  const proof = await proofOfDeath(following, view);
  if (proof !== null) return end(following, view, deathOf(view, proof));
  const word = await following.words.wordOn(view);
  if (word?.stage === 'broadcast') return recordBroadcast(following, view, word.txHash);
  const fresh = view.machine.reportedAtMs === null && view.machine.stage !== 'manual';
  return word && fresh ? recordFailure(following, view, word.reason) : keepLooking(following, view);
}

/** The provider may name a transaction that is not this payout's: of another sender, or older than the call. Its end proves nothing. */
const isOwnRevert = ({ machine }: PayoutView, verdict: TransferVerdict) =>
  verdict.verdict === 'reverted' &&
  verdict.sender === machine.wallet.toLowerCase() &&
  verdict.blockNumber >= (machine.postedBlock ?? 0);

/** A reverted receipt proves death once it is final: when every transaction the wallet has sent is. */
async function isRevertFinal({ chain }: Following, { asset, machine }: PayoutView): Promise<boolean> {
  const { pending, finalized } = await chain.transactionCounts(asset.network, machine.wallet);
  return finalized >= pending;
}

/** A transaction is named: it ends the payout as the final receipt says (rule 8). */
async function confirm(following: Following, view: PayoutView): Promise<NextLook> {
  const { chain, course, search, words } = following;
  const { txHash, destination, postedBlock } = view.machine;
  const { network } = view.asset;
  const verdicts = txHash === null ? [] : await chain.proveTransfer(network, txHash, destination, postedBlock ?? 0);
  const proven = verdicts.flatMap((entry) => ('transfer' in entry ? [entry] : []));
  const own = proven.find((entry) => isOwnTransfer(view, entry.transfer));
  if (own) return own.final ? end(following, view, successOf(view, own.transfer)) : course.soon(view);
  const found = await search(view);
  if (found && found.txHash !== txHash) return recordBroadcast(following, view, found.txHash);
  if (verdicts.some((entry) => isOwnRevert(view, entry)) && (await isRevertFinal(following, view))) {
    return end(following, view, deathOf(view, `the receipt of ${txHash} is reverted and final`));
  }
  const word = await words.wordOn(view);
  const renamed = word?.stage === 'broadcast' && word.txHash !== txHash;
  return renamed ? recordBroadcast(following, view, word.txHash) : keepLooking(following, view);
}

/** Follows a payout after its one call, until the chain has the last word. */
export function createPayoutFollow(ports: PayoutFollowPorts, policy: PayoutPolicy, course: PayoutCourse) {
  const following: Following = {
    ...ports,
    course,
    search: createPayoutSearch(ports),
    words: createPayoutWord(ports, policy, course),
  };
  return (view: PayoutView): Promise<NextLook> =>
    view.machine.stage === 'broadcast' ? confirm(following, view) : ask(following, view);
}
