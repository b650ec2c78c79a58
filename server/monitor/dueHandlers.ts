import { deadlineFacts, heldBy, openForward } from '../domain/facts.ts';
import type { PaymentState, State } from '../domain/state.ts';
import type { Clock, DueWork } from '../ports.ts';
import type { DueHandlers } from './workDriver.ts';

export interface DueHandlersDeps {
  readonly askAddress: (paymentId: string) => Promise<PaymentState>;
  readonly verifyPayment: (paymentId: string, look: { readonly askProvider: boolean }) => Promise<State>;
  readonly forwardToVault: (paymentId: string) => Promise<State>;
  readonly drivePayout: (paymentId: string) => Promise<{ readonly nextAtMs: number | null }>;
  readonly dueWork: Pick<DueWork, 'schedule'>;
  readonly clock: Clock;
  /** Pause between two looks at a chain that has to move on first. */
  readonly lookMs?: number;
  /** Pause before the first look of the invoice poller. */
  readonly pollMs?: number;
}

/** Whether provider money still waits for its forward to be begun. */
function awaitsForward(state: State, now: number): boolean {
  if (state.direction !== 'in' || state.status !== 'completed' || state.forwardDead) return false;
  return heldBy(state, 'provider') > 0n && openForward(state) === null && now <= deadlineFacts(state).lastForwardMs;
}

/** Says what the driver does for each kind of due work, and when it comes back. */
export function createDueHandlers(deps: DueHandlersDeps): DueHandlers {
  const { clock } = deps;
  const lookMs = deps.lookMs ?? 2_000;
  const pollMs = deps.pollMs ?? 60_000;

  return {
    async askAddress(paymentId) {
      const state = await deps.askAddress(paymentId);
      if (state.provider?.address) await deps.dueWork.schedule('poll', paymentId, clock.now() + pollMs);
      return null;
    },
    async verify(paymentId) {
      const state = await deps.verifyPayment(paymentId, { askProvider: false });
      const unconfirmed = state.direction === 'in' && state.seen.length > 0;
      return unconfirmed ? clock.now() + lookMs : null;
    },
    async requestForward(paymentId) {
      const state = await deps.forwardToVault(paymentId);
      return awaitsForward(state, clock.now()) ? clock.now() + lookMs : null;
    },
    drivePayout: async (paymentId) => (await deps.drivePayout(paymentId)).nextAtMs,
  };
}
