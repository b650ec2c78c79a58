import type { PaymentState, PaymentStatus, State } from '../state.ts';
import type { RequestStatus } from '../trade.ts';
import type { RequestRow } from './auditedStep.ts';
import type { Report } from './violation.ts';

/** How a request stands whose funding payment has this status. */
const expectedStatus: Partial<Record<PaymentStatus, RequestStatus>> = {
  completed: 'processing',
  released: 'seller_paid',
  refunded: 'refunded',
};

/** Whether the payment is the one that funds its request now, or did to the end. */
export const isFunding = (state: State): state is PaymentState =>
  state.direction === 'in' && state.funded && expectedStatus[state.status] !== undefined;

/** I10: a funded payment is its request's only one, the request has followed it, its offer is accepted and every other is rejected. */
export function checkRequest(state: State, request: RequestRow | null, report: Report): void {
  if (!isFunding(state)) return;
  const { id, requestId, offerId, status } = state;
  if (request === null) {
    report('I10', id, `it funded the request ${requestId}, which is not there`);
    return;
  }
  if (request.fundedBy !== id)
    report('I10', id, `it funded the request ${requestId}, which names ${request.fundedBy ?? 'no payment'}`);
  if (request.status !== expectedStatus[status])
    report('I10', id, `it is ${status}, its request ${requestId} is ${request.status}`);
  const accepted = request.unrejected.filter((offer) => offer.status === 'accepted').map((offer) => offer.id);
  if (accepted.length !== 1 || accepted[0] !== offerId)
    report('I10', id, `the offer ${offerId} was paid, accepted is ${accepted.join(', ') || 'none'}`);
  const open = request.unrejected.filter((offer) => offer.status !== 'accepted');
  if (open.length > 0)
    report('I10', id, `offers beside the paid one are not rejected: ${open.map((o) => o.id).join(', ')}`);
}
