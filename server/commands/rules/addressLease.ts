import { setTimeout as pause } from 'node:timers/promises';
import type { PaymentState } from '../../domain/state.ts';
import { addressLeaseMs } from '../../domain/trade.ts';
import { AppError } from '../../errors.ts';
import type { Clock, TransitionStore } from '../../ports.ts';
import { incoming } from './refusal.ts';

export interface AddressLeaseDeps {
  readonly store: TransitionStore;
  readonly clock: Clock;
  readonly askAddress: (paymentId: string, newest?: PaymentState) => Promise<PaymentState>;
}

/** Time one call to the provider may take; a call must end before the lease does. */
const callMs = 25_000;
/** How often, and in what steps, a caller that may not ask looks for the address that another one is asking for. */
const looks = 30;
const lookMs = 100;
/** Failures after which the provider certainly does not work on the call any more, so that it may be repeated at once. */
const clearFailures = ['provider_auth', 'provider_request', 'provider_refused'];

function mayRepeat(error: unknown): boolean {
  return error instanceof AppError && clearFailures.includes(String(error.details.providerCode));
}

/** Lets the one process that opened an intent ask for its address; everybody else waits for the answer. */
export function createAddressLease(deps: AddressLeaseDeps) {
  // When each opener may be forgotten; what counts is the end of the lease, which the payment's own opening sets.
  const opened = new Map<string, number>();

  function forgetOld(now: number): void {
    for (const [paymentId, untilMs] of opened) if (untilMs <= now) opened.delete(paymentId);
  }

  async function ask(newest: PaymentState): Promise<PaymentState> {
    try {
      const state = await deps.askAddress(newest.id, newest);
      opened.delete(newest.id);
      return state;
    } catch (error) {
      // Without a clear answer the provider may still be working; then the due row asks again when the lease is over.
      if (!mayRepeat(error)) opened.delete(newest.id);
      throw error;
    }
  }

  async function wait(paymentId: string): Promise<PaymentState> {
    for (let look = 0; look < looks; look += 1) {
      const state = incoming((await deps.store.tail(paymentId))?.state);
      if (state.provider === null || state.provider.address !== null) return state;
      await pause(lookMs);
    }
    throw new AppError('provider_failed', 'The provider has not given an address yet; repeat the request.');
  }

  return {
    /** This process opened the intent and may ask until its lease ends. */
    hold(paymentId: string): void {
      const now = deps.clock.now();
      forgetOld(now);
      opened.set(paymentId, now + addressLeaseMs);
    },
    /** The payment with its address, asked for or waited for; `state` is its newest. */
    async address(state: PaymentState): Promise<PaymentState> {
      if (state.provider === null || state.provider.address !== null) return state;
      const left = state.openedAtMs + addressLeaseMs - deps.clock.now();
      return opened.has(state.id) && left >= callMs ? ask(state) : wait(state.id);
    },
  };
}
