import { claim } from './claim.ts';
import type { PayoutMachine, PayoutStage } from './payout.ts';
import type { Signal, SignalOf } from './signal.ts';
import type { PaymentStatus } from './state.ts';

/** The signals that drive a payout or forward while it is open; its end is a signal of its own. */
export type MachineSignal = SignalOf<'payoutWaiting' | 'payoutUnknown' | 'payoutSubmitted' | 'payoutReported'>;
export const isMachineSignal = (signal: Signal): signal is MachineSignal =>
  signal.kind === 'payoutWaiting' ||
  signal.kind === 'payoutUnknown' ||
  signal.kind === 'payoutSubmitted' ||
  signal.kind === 'payoutReported';

/** The public status of a payout in each stage. */
export const statusOfStage = {
  requested: 'pending',
  waiting: 'pending',
  unknown: 'processing',
  submitted: 'processing',
  refused: 'processing',
  reportedFailed: 'processing',
  broadcast: 'processing',
  manual: 'processing',
  confirmed: 'completed',
  dead: 'failed',
} as const satisfies Record<PayoutStage, PaymentStatus>;

/** What is decided about a payout before its machine starts; `coin`, `wallet` and `callbackUrl` are the provider's channel. */
export type PayoutRequest = Pick<
  PayoutMachine,
  'externalId' | 'coin' | 'wallet' | 'callbackUrl' | 'destination' | 'amount' | 'requestedAtMs'
>;

/** The machine of a payout that was just asked for. Only an admin or the payment itself can ask, so the request is the approval. */
export function requestedMachine(request: PayoutRequest): PayoutMachine {
  return {
    ...request,
    stage: 'requested',
    postedBlock: null,
    postedAtMs: null,
    slot: null,
    taskId: null,
    txHash: null,
    reportedAtMs: null,
    reportedNonce: null,
    reason: null,
  };
}

/** From which stages each report may still say something new; a word of the provider never takes a transaction back. */
const reportable = {
  refused: ['unknown'],
  reportedFailed: ['unknown', 'submitted', 'refused'],
  broadcast: ['unknown', 'submitted', 'refused', 'reportedFailed', 'broadcast', 'manual'],
  manual: ['requested', 'waiting', 'unknown', 'submitted', 'refused', 'reportedFailed', 'broadcast'],
} as const satisfies Record<SignalOf<'payoutReported'>['stage'], readonly PayoutStage[]>;

/** The machine after a signal, or null when the signal says nothing new. */
export function advance(machine: PayoutMachine, signal: MachineSignal, nowMs: number): PayoutMachine | null {
  const { stage } = machine;
  const unsent = stage === 'requested' || stage === 'waiting';
  switch (signal.kind) {
    case 'payoutWaiting':
      return !unsent || (stage === 'waiting' && machine.reason === signal.reason)
        ? null
        : { ...machine, stage: 'waiting', reason: signal.reason };
    case 'payoutUnknown': {
      const { slot, head: postedBlock } = signal;
      return unsent ? { ...machine, stage: 'unknown', slot, postedBlock, postedAtMs: nowMs, reason: null } : null;
    }
    case 'payoutSubmitted':
      return stage === 'unknown' ? { ...machine, stage: 'submitted', taskId: signal.taskId } : null;
    case 'payoutReported':
      return report(machine, signal, nowMs);
  }
}

function report(machine: PayoutMachine, signal: SignalOf<'payoutReported'>, nowMs: number): PayoutMachine | null {
  const from: readonly PayoutStage[] = reportable[signal.stage];
  if (!from.includes(machine.stage)) return null;
  const { stage, reason } = signal;
  if (stage === 'broadcast') {
    const known = signal.txHash === null || signal.txHash === machine.txHash;
    return known ? null : { ...machine, stage, txHash: signal.txHash };
  }
  if (stage === 'manual') return { ...machine, stage, reason };
  // The first word of a failure starts the waiting for a proof; later ones must not restart it.
  const reportedAtMs = machine.reportedAtMs ?? nowMs;
  return { ...machine, stage, reason, reportedAtMs, reportedNonce: machine.reportedNonce ?? signal.walletNonce };
}

/** Whether the machine has come to its end. */
export const isEnded = ({ stage }: PayoutMachine) => stage === 'confirmed' || stage === 'dead';

/** What a machine was when its death was judged. */
export type JudgedMachine = Pick<PayoutMachine, 'externalId' | 'postedBlock' | 'txHash'>;

/** Whether a machine went on since it was judged: it was sent, a transaction became known, or it is another one by now. */
export const hasGoneOn = (machine: PayoutMachine, judged: JudgedMachine | undefined) =>
  judged !== undefined &&
  (machine.externalId !== judged.externalId ||
    machine.postedBlock !== judged.postedBlock ||
    machine.txHash !== judged.txHash);

/** The claims that make the one POST of a machine unique: its own, and the wallet's next slot. */
export function postClaims(machine: PayoutMachine, network: string, slot: number): string[] {
  return [claim.post(machine.externalId), claim.slot(network, machine.wallet, slot)];
}

/** How long after a reported failure a payout may still be mined unseen. */
const deathWaitMs = 10 * 60_000;

/** Whether a failure is proven that was reported and that no own transfer contradicts: the wallet's sequence used up, and time enough gone by. */
export function isProvenDead(
  machine: PayoutMachine,
  facts: { readonly nowMs: number; readonly finalizedCount: number },
): boolean {
  if (machine.reportedAtMs === null || machine.reportedNonce === null) return false;
  return facts.finalizedCount > machine.reportedNonce && facts.nowMs - machine.reportedAtMs >= deathWaitMs;
}
