import type { DomainEvent } from '../domain/event.ts';
import { requestedMachine } from '../domain/payoutMachine.ts';
import type { Signal } from '../domain/signal.ts';
import type { Asset, State } from '../domain/state.ts';
import { addressLeaseMs } from '../domain/trade.ts';
import type { Effect, EffectType, Transition } from '../domain/transition.ts';
import type { Clock, DueKind, DueWork, Logger, MarketplaceStore, Observation, PaymentCoordinator } from '../ports.ts';

/** Tells clients about an event; `eventId` is stable, so a receiver can drop a repeat. */
export interface Broadcast {
  publish(eventId: string, transition: Transition, event: DomainEvent): Promise<void>;
}

/** Something a person has to be able to look up later; the same `key` is the same record. */
export interface AlarmRecord {
  readonly key: string;
  readonly category: 'alarm' | 'parked';
  readonly paymentId: string;
  readonly seq: number;
  readonly reason: string;
  readonly atMs: number;
}
export type RecordAlarm = (record: AlarmRecord) => Promise<void>;

/** Through which coin and wallet of the provider a payout of an asset leaves, and where its callbacks go. */
export type PayoutChannel = (asset: Asset) => {
  readonly coin: string;
  readonly wallet: string;
  readonly callbackUrl: string;
};

export interface SubscribersDeps {
  readonly marketplace: Pick<MarketplaceStore, 'setRequestStatus' | 'acceptOffer'>;
  readonly dueWork: Pick<DueWork, 'schedule'>;
  readonly coordinator: PaymentCoordinator;
  readonly broadcast: Broadcast;
  readonly payoutChannel: PayoutChannel;
  readonly recordAlarm: RecordAlarm;
  readonly clock: Clock;
  readonly logger: Logger;
}

type EffectOf<T extends EffectType> = Extract<Effect, { type: T }>;
/** One row per effect type; each handler may run twice for the same effect and must then change nothing more. */
export type Subscribers = {
  readonly [T in EffectType]: (effect: EffectOf<T>, transition: Transition) => Promise<void>;
};

const actor = 'relay';

/** Says what each effect of a transition does; work that calls the outside only becomes a due row. */
export function createSubscribers(deps: SubscribersDeps): Subscribers {
  const { marketplace, clock, broadcast } = deps;
  const due = (kind: DueKind) => (_effect: Effect, transition: Transition) =>
    deps.dueWork.schedule(kind, transition.paymentId, clock.now());

  return {
    // The process that opened an intent asks the provider itself; the row takes over when that process had its time.
    askAddress: (_effect, { paymentId, state }) =>
      deps.dueWork.schedule('askAddress', paymentId, state.openedAtMs + addressLeaseMs),
    verify: due('verify'),
    drivePayout: due('drivePayout'),
    requestForward: due('requestForward'),
    openPayoutRecord: (effect, transition) => openPayoutRecord(deps, effect, transition),
    reportPayout: (effect, transition) => reportPayout(deps, effect, transition),
    setRequestStatus: ({ requestId, status }, transition) =>
      marketplace.setRequestStatus(requestId, status, sourceOf(transition)),
    async acceptOffer({ key, requestId, offerId }, transition) {
      for (const offer of await marketplace.acceptOffer(requestId, offerId, sourceOf(transition))) {
        const status = offer.status === 'accepted' ? 'accepted' : 'rejected';
        const event = { name: 'offer.updated', offerId: offer.id, sellerId: offer.sellerId, status } as const;
        await broadcast.publish(`${key}-${offer.id}`, transition, event);
      }
    },
    event: ({ key, event }, transition) => broadcast.publish(key, transition, event),
    async alarm({ key, reason }, { paymentId, seq, atMs }) {
      deps.logger.error({ category: 'alarm', paymentId, seq, reason }, 'a payment needs a person');
      await deps.recordAlarm({ key, category: 'alarm', paymentId, seq, reason, atMs });
    },
  };
}

const sourceOf = ({ paymentId, seq }: Transition) => ({ paymentId, seq });

/** Opens the log of a payout's own machine; its external id is this effect's key, so a repeat finds the record there. */
async function openPayoutRecord(deps: SubscribersDeps, effect: EffectOf<'openPayoutRecord'>, transition: Transition) {
  const { state } = transition;
  const reservation = state.direction === 'in' ? state.payouts.find(({ n }) => n === effect.n) : undefined;
  if (reservation === undefined) throw new Error(`${transition.id} reserved no payout ${effect.n}`);
  const { payoutId, amount, destination } = reservation;
  const machine = requestedMachine({
    ...deps.payoutChannel(state.asset),
    externalId: effect.key,
    destination,
    amount,
    requestedAtMs: transition.atMs,
  });
  const source = { paymentId: transition.paymentId, n: effect.n };
  const payout = { ...tradeOf(state), source, amount, machine };
  await settle(deps, payoutId, { kind: 'payoutOpened', payout });
}

const tradeOf = ({ marketplaceId, requestId, offerId, buyerId, sellerId, asset }: State) => ({
  marketplaceId,
  requestId,
  offerId,
  buyerId,
  sellerId,
  asset,
});

/** Tells the payment that a payout was paid out of how the payout ended; the money is booked there. */
async function reportPayout(deps: SubscribersDeps, effect: EffectOf<'reportPayout'>, transition: Transition) {
  const { state } = transition;
  if (state.direction !== 'out') throw new Error(`${transition.id} is not the record of a payout`);
  const { n, paymentId } = state.source;
  const ended = endOf(transition);
  const { txHash, reason } = state.machine;
  const transfer = ended?.kind === 'payoutSucceeded' ? ended.transfer : null;
  const proof = ended?.kind === 'payoutFailed' ? ended.proof : (reason ?? '');
  const signal: Signal =
    effect.outcome === 'succeeded'
      ? { kind: 'payoutSucceeded', n, transfer, txHash }
      : { kind: 'payoutFailed', n, proof };
  await settle(deps, paymentId, signal);
}

/** The signal that ended a payout, as its transition keeps it in its evidence. */
function endOf({ evidence, kind }: Transition): Signal | null {
  const { signal } = evidence;
  const kept = typeof signal === 'object' && signal !== null && 'kind' in signal && signal.kind === kind;
  return kept ? (signal as Signal) : null;
}

async function settle(deps: SubscribersDeps, paymentId: string, signal: Signal): Promise<void> {
  const observation = await deps.coordinator.observe(paymentId, signal, { actor });
  if (fine.includes(observation.outcome)) return;
  const { signal: told, ...rest } = { signal: signal.kind, paymentId, observation: describe(observation) };
  throw new Error(`${told} was not taken: ${JSON.stringify(rest)}`);
}

const fine: readonly Observation['outcome'][] = ['changed', 'noChange', 'duplicate'];

function describe(observation: Observation): object {
  return observation.outcome === 'refused'
    ? { outcome: observation.outcome, code: observation.code, detail: observation.detail }
    : { outcome: observation.outcome };
}
