import { sourceAccount } from '../../domain/disbursement.ts';
import { formatAmount } from '../../domain/money.ts';
import { approvalHash, nextPayout } from '../../domain/payoutApproval.ts';
import type { PayoutSource, SignalOf } from '../../domain/signal.ts';
import type { PaymentState } from '../../domain/state.ts';
import type { Actor } from '../../ports.ts';
import { userActor } from './actor.ts';
import { readAmount } from './amount.ts';

/** A payout in the words that a person reads before he approves it. */
export interface PayoutWords {
  readonly paymentId: string;
  readonly amount: string;
  readonly token: string;
  readonly network: string;
  readonly destination: string;
  readonly owedTo: 'seller' | 'buyer';
  readonly proposerId: string;
}

const sources = {
  seller: ['owed:seller'],
  buyer: ['owed:buyer', 'excess:provider', 'held:provider'],
} as const satisfies Record<PayoutWords['owedTo'], readonly PayoutSource[]>;

type Order = Pick<SignalOf<'payoutRequested'>, 'from' | 'amount' | 'destination'>;

function hashOf(payment: PaymentState, { from, amount, destination }: Order, userId: string): string {
  const { id: paymentId, asset } = payment;
  const placed = { paymentId, n: nextPayout(payment), account: sourceAccount(payment, from) };
  return approvalHash({ ...placed, asset, amount, destination, actor: userActor({ userId, role: 'admin' }) });
}

/** What a proposer hands to the one who approves: the hash of his order as the payment stands now, and its words. */
export function proposalOf(payment: PaymentState, order: Order, { userId }: Actor) {
  const { id: paymentId, asset } = payment;
  const { network, token, decimals } = asset;
  const owedTo: PayoutWords['owedTo'] = order.from === 'owed:seller' ? 'seller' : 'buyer';
  const amount = formatAmount(order.amount, decimals);
  const destination = order.destination.toLowerCase();
  const payout: PayoutWords = { paymentId, amount, token, network, destination, owedTo, proposerId: userId };
  return { approvalHash: hashOf(payment, order, userId), payout };
}

/** Whether a hash is that of these words as the payment stands now; which of the accounts of its party it leaves from, the hash alone says. */
export function isProposed(payment: PaymentState, words: PayoutWords, hash: string): boolean {
  const { network, token, decimals } = payment.asset;
  const amount = readAmount(words.amount, decimals, 'amount');
  if (words.network !== network.toLowerCase() || words.token.toLowerCase() !== token.toLowerCase()) return false;
  const { destination, proposerId } = words;
  return sources[words.owedTo].some((from) => hashOf(payment, { from, amount, destination }, proposerId) === hash);
}
