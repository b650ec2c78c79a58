import type { State } from '../domain/state.ts';
import type { Watch } from '../ports.ts';

/** A funded vault is looked at until every exit of the contract is long open to everybody. */
const afterExitsMs = 90 * 24 * 3_600_000;

/** What the monitors have to watch for a payment in this state, or null when nothing can arrive for it. */
export function watchOf(state: State): Watch | null {
  if (state.direction !== 'in') return null;
  const exitsOpenMs = (state.terms.deliverBy + state.terms.inspection) * 1000;
  const holdsMoney = state.balances.length > 0;
  const given = state.provider?.address ?? null;
  return {
    paymentId: state.id,
    chainId: state.asset.chainId,
    addresses: [
      { address: state.vault.toLowerCase(), custody: 'contract' },
      ...(given === null ? [] : [{ address: given.toLowerCase(), custody: 'provider' } as const]),
    ],
    termsId: state.termsId.toLowerCase(),
    hotWallet: state.provider?.hotWallet ?? null,
    fromBlock: state.headBlock,
    untilMs: holdsMoney ? Math.max(state.watchUntilMs, exitsOpenMs + afterExitsMs) : state.watchUntilMs,
  };
}
