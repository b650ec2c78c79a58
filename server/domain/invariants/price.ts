import { heldPayouts, heldTotal, reservedInContract } from '../facts.ts';
import type { PaymentState } from '../state.ts';
import type { Transition } from '../transition.ts';
import type { Report } from './violation.ts';

/** What of the price is still here: held, reserved for an open settlement of it, or on its way out through the provider. */
const stillHere = (state: PaymentState) =>
  heldTotal(state) + (state.settlement?.origin === 'held' ? reservedInContract(state) : 0n) + heldPayouts(state);

/** I7: a completed payment holds what is left of its price, any other holds nothing of one; the flags reorged and manual excuse a gap. */
export function checkPrice({ id, state }: Transition, report: Report): void {
  if (state.direction !== 'in') return;
  const { settlement, status, price, released, refunded, flags } = state;
  const reserved = settlement === null ? 0n : settlement.toSeller + settlement.toBuyer;
  if (reservedInContract(state) !== reserved)
    report('I7', id, `${reservedInContract(state)} is reserved for a settlement of ${reserved}`);
  if (status !== 'completed') {
    if (heldTotal(state) !== 0n) report('I7', id, `a payment that is ${status} holds ${heldTotal(state)} of a price`);
    return;
  }
  const left = price - released - refunded;
  const excused = flags.includes('reorged') || flags.includes('manual');
  if (stillHere(state) !== left && !excused)
    report('I7', id, `${stillHere(state)} is here of a price of which ${left} is left`);
}
