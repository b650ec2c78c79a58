import { type Leg, post } from '../ledger.ts';
import type { Balance, State } from '../state.ts';
import type { Transition } from '../transition.ts';
import type { Report } from './violation.ts';

const balancesOf = (state: State): readonly Balance[] => (state.direction === 'in' ? state.balances : []);

/** I4: the legs of a step are whole units of one asset and sum to zero. */
export function checkLegs({ id, legs }: Transition, report: Report): void {
  const assets = new Set(legs.map((leg) => leg.asset));
  if (assets.size > 1) report('I4', id, `legs in ${assets.size} assets: ${[...assets].join(', ')}`);
  if (legs.some((leg) => typeof leg.amount !== 'bigint')) {
    report('I4', id, 'a leg is no whole number of units');
    return;
  }
  const sum = legs.reduce((total, leg) => total + leg.amount, 0n);
  if (sum !== 0n) report('I4', id, `its legs sum to ${sum}`);
}

const spelled = (balances: readonly Balance[]) =>
  balances
    .map((entry) => `${entry.account} ${entry.amount} ${entry.asset}`)
    .sort()
    .join('; ');

/** I6, the half that needs no projection: what a state says it holds is what the legs up to it leave there. */
export function checkFold(step: Transition, before: Transition | null, report: Report): void {
  const { id, paymentId, state, legs } = step;
  if (state.direction !== 'in') {
    const own = legs.find((leg) => leg.account.endsWith(`:${paymentId}`));
    if (own !== undefined) report('I6', id, `the leg on ${own.account} is in no state`);
    return;
  }
  const folded = post(before === null ? [] : balancesOf(before.state), legs, paymentId);
  const [said, fold] = [spelled(state.balances), spelled(folded)];
  if (said !== fold) report('I6', id, `its state holds ${said || 'nothing'}, its legs leave ${fold || 'nothing'}`);
}

/** I4, owners: only the log of a payment posts on the accounts that carry its id, and a payout's record posts nothing. */
export function checkOwners({ id, paymentId, state, legs }: Transition, report: Report): void {
  if (state.direction === 'out' && legs.length > 0) report('I4', id, 'the record of a payout has legs');
  const perPayment = /^(excess|held|pending|owed|credit):/;
  const foreign = legs.find((leg) => perPayment.test(leg.account) && !leg.account.endsWith(`:${paymentId}`));
  if (foreign !== undefined) report('I4', id, `a leg on ${foreign.account}, which is another payment's`);
}

/** I13, fed leg by leg: sums of one log by account, of which there are a few whatever the number of steps. */
export function createSigns(logId: string) {
  const sums = new Map<string, bigint>();
  const mayBeNegative = (account: string) => account.startsWith('buyer:') || account === 'platform';

  return {
    add(step: Pick<Transition, 'id' | 'legs'>, report: Report): void {
      for (const leg of step.legs) {
        const sum = (sums.get(keyOf(leg)) ?? 0n) + leg.amount;
        if (sum === 0n) sums.delete(keyOf(leg));
        else sums.set(keyOf(leg), sum);
      }
      for (const leg of step.legs) {
        const sum = sums.get(keyOf(leg)) ?? 0n;
        if (sum < 0n && !mayBeNegative(leg.account))
          report('I13', step.id, `${leg.account} of ${logId} holds ${sum} ${leg.asset}`);
      }
    },
    /** What the log has left on an account, as its legs say. */
    sums: (): ReadonlyMap<string, bigint> => sums,
  };
}

const keyOf = (leg: Pick<Leg, 'account' | 'asset'>) => `${leg.asset} ${leg.account}`;
