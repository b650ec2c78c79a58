import type { Collection, Document } from 'mongodb';
import { custodyOf, escrowStateOf, exceptionOf, paidTotal } from '../domain/payment.ts';
import type { PaymentState, State } from '../domain/state.ts';
import type { Transition } from '../domain/transition.ts';
import { encode } from './codec.ts';
import { isDuplicateKey } from './outage.ts';

const externalIdsOf = (state: State): string[] => {
  if (state.direction === 'out') return [state.machine.externalId];
  if (state.direction === 'suspense') return [];
  return [state.provider?.externalId, state.forward?.externalId].filter((id) => id !== undefined);
};

const arrivalBlocksOf = (state: PaymentState) =>
  state.arrivals.filter((arrival) => !arrival.reversed).map(({ chainId, blockNumber }) => ({ chainId, blockNumber }));

const incomingFields = (state: PaymentState) => ({
  expiresAtMs: state.expiresAtMs,
  arrivalBlocks: arrivalBlocksOf(state),
  settlementOpen: state.settlement !== null,
});

/** The row of `payments` that a transition leaves behind: the whole state, and beside it what lists and sweeps filter by. */
export function projectionOf(transition: Transition): Document {
  const { state } = transition;
  return {
    version: transition.seq,
    direction: state.direction,
    status: state.status,
    escrowState: escrowStateOf(state),
    custody: custodyOf(state),
    exception: exceptionOf(state),
    flags: [...state.flags],
    marketplaceId: state.marketplaceId,
    buyerId: state.buyerId,
    sellerId: state.sellerId,
    requestId: state.requestId,
    offerId: state.offerId,
    network: state.asset.network,
    token: state.asset.token,
    price: encode(state.price),
    received: encode(state.direction === 'in' ? paidTotal(state) : 0n),
    openedAtMs: state.openedAtMs,
    updatedAtMs: transition.atMs,
    ...(state.direction === 'in' ? incomingFields(state) : {}),
    state: encode(state),
    stateHash: transition.stateHash,
  };
}

/**
 * Writes the row unless a newer one is there. The guard is `version < seq`, not `seq - 1`: every transition holds the whole state, so a
 * row that missed one catches up with the next. External ids only grow: the provider may still speak of a forward that is dead.
 */
export async function projectTransition(
  payments: Collection<Document & { _id: string }>,
  transition: Transition,
): Promise<void> {
  const filter = { _id: transition.paymentId, version: { $lt: transition.seq } };
  const update = {
    $set: projectionOf(transition),
    $addToSet: { externalIds: { $each: externalIdsOf(transition.state) } },
  };
  try {
    await payments.updateOne(filter, update, { upsert: true });
  } catch (error) {
    // Somebody inserted the row at the same moment, or it is newer already; only the first case still needs us.
    if (!isDuplicateKey(error)) throw error;
    await payments.updateOne(filter, update);
  }
}
