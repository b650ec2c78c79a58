import { setTimeout as pause } from 'node:timers/promises';
import type { PaymentState } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { Clock, TransitionStore } from '../../ports.ts';
import { incoming } from './refusal.ts';

export interface AddressLeaseDeps {
  readonly store: TransitionStore;
  readonly clock: Clock;
  readonly askAddress: (paymentId: string) => Promise<PaymentState>;
}

/** How long the intent's asking is left to the process that opened it, before the due row takes over (ADR 0009). */
const addressLeaseMs = 45_000;
/** Time one call to the provider may take (§10.2); a call must end before the lease does. */
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
  const leases = new Map<string, number>();

  function forgetOld(now: number): void {
    for (const [paymentId, untilMs] of leases) if (untilMs <= now) leases.delete(paymentId);
  }

  async function ask(paymentId: string): Promise<PaymentState> {
    try {
      const state = await deps.askAddress(paymentId);
      leases.delete(paymentId);
      return state;
    } catch (error) {
      // Without a clear answer the provider may still be working; then the due row asks again when the lease is over.
      if (!mayRepeat(error)) leases.delete(paymentId);
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
      leases.set(paymentId, now + addressLeaseMs);
    },
    /** The payment with its address, asked for or waited for. */
    async address(state: PaymentState): Promise<PaymentState> {
      if (state.provider === null || state.provider.address !== null) return state;
      const left = (leases.get(state.id) ?? 0) - deps.clock.now();
      return left >= callMs ? ask(state.id) : wait(state.id);
    },
  };
}
