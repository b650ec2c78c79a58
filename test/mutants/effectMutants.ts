import type { State } from '../../server/domain/state.ts';
import { type Effect, type EffectBody, effectKey, type Transition } from '../../server/domain/transition.ts';
import type { Subscribers } from '../../server/events/subscribers.ts';
import type { LeasedTransition, PaymentCoordinator, RelayStore } from '../../server/ports.ts';
import { type Parts, realParts } from '../model/parts.ts';
import { type Aggregate, SimulatedMarketplace } from '../support/simulatedMarketplace.ts';
import { createSimulatedRelay } from '../support/simulatedRelay.ts';
import type { SimulatedDatabase } from '../support/simulatedStore.ts';
import type { Mutant } from './mutant.ts';

class NoGuard extends SimulatedMarketplace {
  protected override isNews(): boolean {
    return true;
  }
}

class LessThanGuard extends SimulatedMarketplace {
  protected override isNews({ src }: Aggregate<unknown>, { paymentId, seq }: { paymentId: string; seq: number }) {
    const last = src.get(paymentId);
    return last !== undefined && last < seq;
  }
}

type Perform = (effects: readonly Effect[], transition: Transition) => Promise<void>;

/** Parts whose coordinator can carry out effects itself: `wrap` is handed how. */
function withEffects(wrap: (parts: Parts, perform: Perform) => Partial<Parts>): Parts {
  const subscribersOf = new WeakMap<PaymentCoordinator, Subscribers>();
  return {
    ...realParts,
    createCoordinator(deps) {
      let own: PaymentCoordinator | null = null;
      const perform: Perform = async (effects, transition) => {
        const subscribers = own === null ? undefined : subscribersOf.get(own);
        if (subscribers === undefined) throw new Error('nobody can carry out effects yet');
        for (const effect of effects) {
          await (subscribers[effect.type] as (one: Effect, of: Transition) => Promise<void>)(effect, transition);
        }
      };
      const { createCoordinator } = { ...realParts, ...wrap(realParts, perform) };
      own = createCoordinator(deps);
      return own;
    },
    createSubscribers(deps) {
      const subscribers = realParts.createSubscribers(deps);
      subscribersOf.set(deps.coordinator, subscribers);
      return subscribers;
    },
  };
}

type Ground = { readonly store: RelayStore; readonly database: SimulatedDatabase };

/** Parts whose relay store does something with every transition that it lends. */
function afterLease(change: (leased: LeasedTransition, ground: Ground) => Promise<LeasedTransition>): Parts {
  return {
    ...realParts,
    createRelayStore(database) {
      const store = createSimulatedRelay(database);
      return {
        ...store,
        async lease(...asked) {
          const leased = await store.lease(...asked);
          return Promise.all(leased.map((one) => change(one, { store, database })));
        },
      };
    },
  };
}

/** Keeps the effects of a decision out of the transition and carries them out once the change is answered. */
function besideTransition(): Parts {
  const heldBack = new WeakMap<State, readonly EffectBody[]>();
  return withEffects((parts, perform) => ({
    createCoordinator(deps) {
      const coordinator = parts.createCoordinator({
        ...deps,
        decide(...asked) {
          const decision = deps.decide(...asked);
          if (decision.outcome !== 'change') return decision;
          heldBack.set(decision.state, decision.effects);
          return { ...decision, effects: [] };
        },
      });
      return {
        async observe(paymentId, ...asked) {
          const observation = await coordinator.observe(paymentId, ...asked);
          if (observation.outcome !== 'changed') return observation;
          const { seq, state } = observation;
          const bodies = heldBack.get(state) ?? [];
          const effects = bodies.map((effect, n) => ({ ...effect, key: effectKey(paymentId, seq, n) }));
          const transition = await deps.transitions.at(paymentId, seq);
          if (transition !== null) await perform(effects, transition).catch(() => undefined);
          return observation;
        },
      };
    },
  }));
}

const beforeAppend = () =>
  withEffects((parts, perform) => ({
    createCoordinator: (deps) =>
      parts.createCoordinator({
        ...deps,
        transitions: {
          ...deps.transitions,
          async append(batch) {
            for (const transition of batch) await perform(transition.effects, transition).catch(() => undefined);
            return deps.transitions.append(batch);
          },
        },
      }),
  }));

/** Effects that are lost, early, repeated or out of order. */
export const effectMutants: readonly Mutant[] = [
  {
    name: 'effects beside the transition',
    breaks: 'Effects are not part of the transition; whoever made the change carries them out afterwards.',
    build: besideTransition,
  },
  {
    name: 'effects before the append',
    breaks: 'Effects are carried out before the transition is stored.',
    build: beforeAppend,
  },
  {
    name: 'relay without order',
    breaks: 'The relay starts a transition while an earlier one of the same payment is undone.',
    build: () => ({
      ...realParts,
      createRelayStore: (database) => createSimulatedRelay(database, { waits: () => false }),
    }),
  },
  {
    name: 'done without fence',
    breaks: 'Whoever once held a transition may mark it as done, also after another took it over.',
    build: () => ({
      ...realParts,
      createRelayStore: (database) => createSimulatedRelay(database, { holds: ({ relay }) => !relay.done }),
    }),
  },
  {
    name: 'done before the effects',
    breaks: 'The relay marks a transition as done when it takes it.',
    build: () =>
      afterLease(async (leased, { store }) => {
        await store.done(leased);
        return leased;
      }),
  },
  {
    name: 'fence not counted',
    breaks: 'A lease does not count its fence up, so that two holders quote the same.',
    build: () =>
      afterLease(async (leased, { database }) => {
        const row = database.rows.get(leased.transition.id);
        if (row === undefined) return leased;
        row.relay.fence = 1;
        return { ...leased, fence: 1 };
      }),
  },
  {
    name: 'parked in silence',
    breaks: 'An effect that is given up is recorded nowhere but in its transition.',
    build: () => ({
      ...realParts,
      createRelay: (deps) => realParts.createRelay({ ...deps, recordAlarm: () => Promise.resolve() }),
    }),
  },
  {
    name: 'receiver without guard',
    breaks: 'Requests and offers follow every effect, also a repeated or an older one.',
    build: () => ({ ...realParts, createMarketplace: () => new NoGuard() }),
  },
  {
    name: 'receiver compares with less',
    breaks: 'Requests and offers follow only when an older step is noted, so that the first effect never applies.',
    build: () => ({ ...realParts, createMarketplace: () => new LessThanGuard() }),
  },
];
