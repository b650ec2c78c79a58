import type { PaymentState, ProviderSide } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway, PayInProvider } from '../ports/outside.ts';
import type { CrashPoint, Logger, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { platformAddresses } from './rules/addresses.ts';
import { networkOf } from './rules/asset.ts';
import { incoming, recordedPayment } from './rules/refusal.ts';

export interface AskAddressDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly provider: PayInProvider;
  readonly logger: Logger;
  readonly crash: CrashPoint;
}

/** Asks the provider for the payment's one-time address; calls within this process share one request. */
export function createAskAddress(deps: AskAddressDeps) {
  // The provider makes a second address when the same invoice is asked for twice at the same time.
  const running = new Map<string, Promise<PaymentState>>();

  /** Whether another payment has the address is for its claim to say, when it is recorded. */
  function checkAddress(state: PaymentState, given: string): string {
    const network = networkOf(deps.gateway, state.asset.network);
    const address = deps.gateway.parseAddress(given);
    const own = [...platformAddresses(network), state.vault.toLowerCase()];
    if (address === null || own.includes(address)) {
      deps.logger.error({ paymentId: state.id, given }, 'the provider gave an address that cannot be used');
      throw new AppError('provider_failed', 'The provider gave an address that cannot be used.');
    }
    return address;
  }

  async function ask(state: PaymentState, side: ProviderSide): Promise<PaymentState> {
    const { externalId, coin, fiat, amount, callbackUrl } = side;
    const answer = await deps.provider.requestPayment({ externalId, coin, fiat, amount, callbackUrl });
    deps.crash('addressAnswered');
    const address = checkAddress(state, answer.address);
    if (Number(answer.providerAmount) !== Number(amount)) {
      // The buyer is shown our price; a provider that wants another one has a fee policy set.
      deps.logger.error(
        { paymentId: state.id, ours: amount, theirs: answer.providerAmount },
        'the provider asks another amount',
      );
    }
    const { providerAmount, exchangeRate } = answer;
    const signal = { kind: 'addressGiven', address, providerAmount, exchangeRate } as const;
    return recordedPayment(await deps.coordinator.observe(state.id, signal, { actor: 'provider:shkeeper' }));
  }

  /** `newest` is the payment as the caller has just read or written it. */
  return async function askAddress(paymentId: string, newest?: PaymentState): Promise<PaymentState> {
    const shared = running.get(paymentId);
    if (shared) return shared;
    const work = (async () => {
      const state = newest ?? incoming((await deps.store.tail(paymentId))?.state);
      const open = state.status === 'pending' || state.status === 'processing';
      return open && state.provider?.address === null ? ask(state, state.provider) : state;
    })().finally(() => running.delete(paymentId));
    running.set(paymentId, work);
    return work;
  };
}
