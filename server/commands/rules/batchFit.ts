import { heldBy, heldTotal, openForward } from '../../domain/facts.ts';
import type { OpenSettlement, PaymentState } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway } from '../../ports/outside.ts';
import type { Clock } from '../../ports.ts';
import { demandNoHold, errorOf } from './refusal.ts';
import { settlementOpen, validUntilText } from './settlementPlan.ts';
import { isWished, type SettlementWish } from './settlementRoute.ts';

/** Refuses what nobody should release among fifty others: it wants a look of its own, or a step that a batch does not take. */
export function demandBatchable(state: PaymentState): void {
  demandNoHold(state);
  if (state.flags.includes('disputed')) {
    throw new AppError('illegal_transition', 'The payment is disputed: release it by itself, not in a batch.');
  }
  if (state.forwardDead && openForward(state) === null && heldBy(state, 'provider') > 0n) {
    throw errorOf(
      'escrow_forwarding',
      'The way of the money into the escrow ended early; the release of this payment by itself starts the next one.',
    );
  }
}

/** A settlement that was seen is in the way as long as it stands on the chain; the hint alone may be of a block that is gone. */
async function demandUnmined(
  gateway: Pick<EscrowGateway, 'readOutcome'>,
  { asset, termsId }: PaymentState,
  open: OpenSettlement,
): Promise<void> {
  const { seenTxHash: txHash } = open;
  if (txHash === null) return;
  const { outcome } = await gateway.readOutcome(asset.network, txHash, termsId);
  if (outcome !== 'settled') return;
  throw new AppError('settlement_open', 'The prepared settlement is mined already and waits for finality.', {
    details: { txHash, validUntil: validUntilText(open) },
  });
}

/** An open settlement takes part when it is the release that is asked for (all that is left, without an amount) and can still happen. */
export async function demandFit(
  ports: { readonly gateway: Pick<EscrowGateway, 'readOutcome'>; readonly clock: Clock },
  state: PaymentState,
  open: OpenSettlement,
  wish: SettlementWish,
): Promise<void> {
  const asked = open.kind === 'release' && isWished(wish, open) && (wish.amount !== null || heldTotal(state) === 0n);
  if (!asked || open.validUntil * 1000 < ports.clock.now()) throw settlementOpen(open);
  await demandUnmined(ports.gateway, state, open);
}
