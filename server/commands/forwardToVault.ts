import { excessAt, heldBy, openForward } from '../domain/facts.ts';
import type { State } from '../domain/state.ts';
import type { ChainReader } from '../ports/outside.ts';
import type { PaymentCoordinator, Policy, TransitionStore } from '../ports.ts';
import { unfinalSum } from './rules/finality.ts';
import { incoming, recorded } from './rules/refusal.ts';

export interface ForwardToVaultDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly chain: ChainReader;
  readonly policy: Policy;
}

/**
 * Begins the forward of provider money to the vault once the buyer's transfers are final; until then nothing happens.
 * After a forward that is proven dead a person decides, by `again`, that there is another one.
 */
export function createForwardToVault(deps: ForwardToVaultDeps) {
  return async function forwardToVault(paymentId: string, options = { again: false }): Promise<State> {
    const state = incoming((await deps.store.tail(paymentId))?.state);
    if (heldBy(state, 'provider') === 0n || openForward(state) !== null) return state;
    if (state.forwardDead && !options.again) return state;
    const head = await deps.chain.head(state.asset.network);
    if ((await unfinalSum(deps.chain, state, head, 'provider')) > excessAt(state, 'provider')) return state;
    const callbackUrl = deps.policy.callbackUrls.payout;
    const signal = { kind: 'forwardRequested', callbackUrl } as const;
    return recorded(await deps.coordinator.observe(paymentId, signal, { actor: 'forwarder' })).state;
  };
}
