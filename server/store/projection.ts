import type { Document } from 'mongodb';
import { accountKinds, kindOf } from '../domain/accounts.ts';
import { custodyOf, escrowStateOf, exceptionOf, paidTotal } from '../domain/facts.ts';
import type { PaymentState, State } from '../domain/state.ts';
import type { Transition } from '../domain/transition.ts';
import { digest, encode } from './codec.ts';
import { firstFormat } from './vocabulary.ts';

/** Under which names the provider may speak of a payment or payout in this state. */
export const externalIdsOf = (state: State): string[] => {
  if (state.direction === 'out') return [state.machine.externalId];
  if (state.direction === 'suspense') return [];
  return [state.provider?.externalId, state.forward?.externalId].filter((id) => id !== undefined);
};

const arrivalBlocksOf = (state: PaymentState) =>
  state.arrivals.filter((arrival) => !arrival.reversed).map(({ chainId, blockNumber }) => ({ chainId, blockNumber }));

/** What lies in the provider's wallets for the payment, asset by asset. */
function atProviderOf(state: PaymentState) {
  const sums = new Map<string, bigint>();
  for (const { account, asset, amount } of state.balances) {
    const kind = kindOf(account);
    if (kind !== null && accountKinds[kind] === 'provider') sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  }
  return [...sums].map(([asset, amount]) => ({ asset, amount: encode(amount) }));
}

const incomingFields = (state: PaymentState) => ({
  atProvider: atProviderOf(state),
  expiresAtMs: state.expiresAtMs,
  arrivalBlocks: arrivalBlocksOf(state),
  settlementOpen: state.settlement !== null,
});

/** The row of `payments` that a transition leaves behind: the whole state, and beside it what lists and sweeps filter by. */
export function projectionOf(transition: Transition): Document {
  const { state } = transition;
  return {
    version: transition.seq,
    format: firstFormat,
    kind: transition.kind,
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
    hash: transition.hash,
    check: rowCheck(transition),
  };
}

/** Binds what a row tells about a transition: which one it is, its hash, and that of its state (docs/adr/0013). */
export const rowCheck = (row: Pick<Transition, 'paymentId' | 'seq' | 'hash' | 'stateHash'>): string =>
  digest([row.paymentId, row.seq, row.hash, row.stateHash]);
