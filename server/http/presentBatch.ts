import type { ConfirmedItem } from '../commands/confirmBatch.ts';
import type { PreparedBatch } from '../commands/prepareBatch.ts';
import { escrowStateOf, excessTotal, heldTotal } from '../domain/facts.ts';
import { formatAmount } from '../domain/money.ts';
import type { PaymentState } from '../domain/state.ts';
import type { Spell } from './presentParts.ts';
import { jsonSafe } from './presentSettlement.ts';

function presentItem({ state, settlement }: PreparedBatch['items'][number]): object {
  const { token, decimals } = state.asset;
  const decimal = (base: bigint) => formatAmount(base, decimals);
  return {
    paymentId: state.id,
    settleSeq: settlement.settleSeq,
    toSeller: decimal(settlement.toSeller),
    toBuyer: decimal(settlement.toBuyer),
    validUntil: settlement.validUntil,
    remains: decimal(heldTotal(state) + excessTotal(state)),
    token,
  };
}

/** What admins sign for all payments at once, and the two transactions once there are enough signatures. */
export function presentBatch(batch: PreparedBatch, spell: Spell): object {
  const { typedData, items, signers, signedBy, dropped, ...rest } = batch;
  return {
    kind: 'batch',
    ...rest,
    typedData: jsonSafe(typedData),
    items: items.map(presentItem),
    signers: signers.map(spell),
    signedBy: signedBy.map(spell),
    dropped: dropped.map(spell),
  };
}

const after = (state: PaymentState) => ({ status: state.status, escrowState: escrowStateOf(state) });

/** What the contract did with each payment of a batch. */
export function presentConfirmed(item: ConfirmedItem): object {
  if (item.outcome === 'refused') return item;
  const { state, ...rest } = item;
  return { ...rest, ...after(state) };
}
