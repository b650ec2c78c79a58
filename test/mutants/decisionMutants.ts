import { arrivalKey, claim } from '../../server/domain/claim.ts';
import { decide } from '../../server/domain/payment.ts';
import type { State } from '../../server/domain/state.ts';
import type { Change, Transition } from '../../server/domain/transition.ts';
import { type Parts, realParts } from '../model/parts.ts';
import { type Row, SimulatedDatabase } from '../support/simulatedStore.ts';
import type { Mutant } from './mutant.ts';
import { importPatched, type Patch } from './patchedModule.ts';

type Decide = Parts['decide'];

/** The real decisions, with every change altered. */
const altered =
  (alter: (change: Change, state: State | null) => Change): Decide =>
  (state, signal, context) => {
    const decision = decide(state, signal, context);
    return decision.outcome === 'change' ? alter(decision, state) : decision;
  };

async function patchedDecide(name: string, patches: readonly Patch[]): Promise<Decide> {
  return (await importPatched<{ decide: Decide }>('server/domain/payment.ts', name, patches)).decide;
}

class AnyBooks extends SimulatedDatabase {
  protected override accepts(): boolean {
    return true;
  }
}

class FreedClaims extends SimulatedDatabase {
  protected override store(row: Row): void {
    super.store(row);
    for (const name of row.transition.claims) if (name.startsWith('rev:')) this.claims.delete(creditOf(name));
  }
}
const creditOf = (reversal: string) => reversal.replace(/^rev:/, 'tx:').replace(/:\d+$/, '');

const oldClaims = (state: State | null): string[] =>
  state?.direction === 'in' ? state.arrivals.map((arrival) => claim.transfer(arrivalKey(arrival), arrival.epoch)) : [];

const oneUnitShort = (legs: Transition['legs']) =>
  legs.map((leg, n) => (n === 0 ? { ...leg, amount: leg.amount + 1n } : leg));

const arrivals = 'server/domain/arrivals.ts';
const sameEpoch: Patch = { file: arrivals, find: 'credited.length : null', replace: '0 : null' };

/** Decisions that forget a rule, where the database alone cannot know better. */
export const decisionMutants: readonly Mutant[] = [
  {
    name: 'no edge check',
    breaks: 'A signal is carried out in every status, whatever the table says.',
    build: async () => ({
      ...realParts,
      decide: await patchedDecide('edges', [
        { file: 'server/domain/payment.ts', find: "if (cell === 'noChange') return", replace: 'if (false) return' },
        {
          file: 'server/domain/payment.ts',
          find: "if (typeof cell === 'string') return",
          replace: 'if (false) return',
        },
        {
          file: 'server/domain/payment.ts',
          find: 'if (!allowed.includes(',
          replace: 'if (false && !allowed.includes(',
        },
      ]),
    }),
  },
  {
    name: 'books may be unbalanced',
    breaks: 'A decision loses a unit of money, and the database does not add the legs up.',
    build: () => ({
      ...realParts,
      createDatabase: () => new AnyBooks(),
      decide: altered((change) => ({ ...change, legs: oneUnitShort(change.legs) })),
    }),
  },
  {
    name: 'old claims with the new',
    breaks: 'A transition claims the facts that the payment already holds, too, and so collides with itself.',
    build: () => ({
      ...realParts,
      decide: altered((change, state) => ({ ...change, claims: [...oldClaims(state), ...change.claims] })),
    }),
  },
  {
    name: 'no claim on the request',
    breaks: 'A payment that is covered does not claim its request, so that a second one can fund it.',
    build: () => ({
      ...realParts,
      decide: altered((change) => ({ ...change, claims: change.claims.filter((name) => !name.startsWith('fund:')) })),
    }),
  },
  {
    name: 'epoch not counted',
    breaks: 'A transfer that is mined again after its reversal claims the name of its first credit.',
    build: async () => ({ ...realParts, decide: await patchedDecide('epoch', [sameEpoch]) }),
  },
  {
    name: 'reversal frees the claim',
    breaks: 'A reversal deletes the claim of the credit it takes back, and the next credit takes the same name.',
    build: async () => ({
      ...realParts,
      createDatabase: () => new FreedClaims(),
      decide: await patchedDecide('freed', [sameEpoch]),
    }),
  },
  {
    name: 'credit twice',
    breaks: 'A transfer is credited again whenever it is told, under the next epoch, although its credit still stands.',
    build: async () => ({
      ...realParts,
      decide: await patchedDecide('twice', [
        {
          file: arrivals,
          find: 'credited.every((arrival) => arrival.reversed) ?',
          replace: 'true ?',
        },
      ]),
    }),
  },
  {
    name: 'second release while one is open',
    breaks: 'A settlement is prepared although another one is, and forgets the first.',
    build: async () => ({
      ...realParts,
      decide: await patchedDecide('second', [
        { file: 'server/domain/escrow.ts', find: 'if (open !== null) {', replace: 'if (false) {' },
        {
          file: 'server/domain/draft.ts',
          find: 'if (reservedInContract(draft.state) !== reserved)',
          replace: 'if (false)',
        },
      ]),
    }),
  },
];
