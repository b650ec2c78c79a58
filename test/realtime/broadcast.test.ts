import { expect } from 'chai';
import type { DomainEvent } from '../../server/domain/event.ts';
import type { PayoutMachine } from '../../server/domain/payout.ts';
import type { PayoutState, State } from '../../server/domain/state.ts';
import { createBroadcast } from '../../server/realtime/broadcast.ts';
import { addresses, confirmed, history, intent, opened, paymentId } from '../domain/factories.ts';
import { transitionOf } from './transitions.ts';

interface Sent {
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a broadcast would send, room by room. */
async function sentFor(event: DomainEvent, state: State): Promise<Sent[]> {
  const sent: Sent[] = [];
  const emitTo = (rooms: string[], except: string[]) => ({
    emit: (name: string, payload: object) => sent.push({ rooms, except, event: name, payload: { ...payload } }),
  });
  const emitter = {
    to: (rooms: string[]) => ({
      ...emitTo([...rooms], []),
      except: (those: string[]) => emitTo([...rooms], [...those]),
    }),
  };
  await createBroadcast(() => emitter).publish('e-7', transitionOf({ state }, 7), event);
  return sent;
}

const metadata = 'canary-metadata';
const funded = history({ kind: 'intentOpened', intent: intent({ metadata }) }, confirmed(100n)).state;
const pending = history(opened).state;
const { id, flags, failureReason, marketplaceId, requestId, offerId, buyerId, sellerId, asset, openedAtMs } = funded;
const payout: PayoutState = {
  ...{ id: 'payout1', flags, failureReason, marketplaceId, requestId, offerId, buyerId, sellerId, asset, openedAtMs },
  ...{ status: 'pending', price: 5n, metadata, direction: 'out', source: { paymentId: id, n: 0 } },
  machine: { wallet: addresses.hotWallet, destination: addresses.refundTo } as PayoutMachine,
};
const suspense: State = { ...payout, direction: 'suspense' } as unknown as State;

const parties = ['buyer:buyer1', 'seller:seller1', 'admin'];
const figures = {
  sellerOfferId: 'offer',
  exception: 'none',
  token: 'USDT',
  network: 'bsc',
};
const identity = {
  ...{ eventId: 'e-7', seq: 7, paymentId, requestId: 'request', purchaseRequestId: 'request' },
  at: '2027-01-15T08:01:00.000Z',
};

describe('realtime: what is told to whom', () => {
  it('tells parties all of a new payment, followers its course, everybody else that it happened', async () => {
    const course = { ...identity, type: 'payment.created', status: 'pending' };
    expect(await sentFor({ name: 'payment.created' }, pending)).to.deep.equal([
      {
        rooms: parties,
        except: [],
        event: 'payment-created',
        payload: {
          ...course,
          ...figures,
          direction: 'in',
          paymentStatus: 'pending',
          escrowState: 'unfunded',
          custody: 'none',
          amount: '0.0000000000000001',
        },
      },
      { rooms: ['request:request'], except: parties, event: 'payment-created', payload: course },
      {
        rooms: ['marketplace'],
        except: [...parties, 'request:request'],
        event: 'payment-created',
        payload: { eventId: 'e-7', type: 'payment.created', paymentId },
      },
    ]);
  });

  it('tells an update under its type, with the resulting state', async () => {
    const [full, course, hint] = await sentFor({ name: 'payment.updated', type: 'payment_completed' }, funded);
    expect(full?.event).to.equal('purchase-request-update');
    expect(full?.payload).to.include({
      ...identity,
      ...{ type: 'payment_completed', status: 'completed', paymentStatus: 'completed', escrowState: 'funded' },
      custody: 'contract',
    });
    expect(course?.payload).to.deep.equal({ ...identity, type: 'payment_completed', status: 'completed' });
    expect(hint?.payload).to.deep.equal({ eventId: 'e-7', type: 'payment_completed', paymentId });
  });

  it('tells a seller about his offer without a word about the money of the one who won', async () => {
    const event = { name: 'offer.updated', offerId: 'offer2', sellerId: 'rival', status: 'rejected' } as const;
    const told = ['buyer:buyer1', 'seller:rival', 'admin'];
    expect(await sentFor(event, funded)).to.deep.equal([
      {
        rooms: told,
        except: [],
        event: 'seller-offer-update',
        payload: { ...identity, type: 'offer.updated', offerId: 'offer2', sellerId: 'rival', status: 'rejected' },
      },
      {
        rooms: ['marketplace'],
        except: told,
        event: 'seller-offer-update',
        payload: { eventId: 'e-7', type: 'offer.updated', paymentId },
      },
    ]);
  });

  it('tells parties whatever the contract says of a payment, each by its own word', async () => {
    const words = ['delivered', 'disputed', 'credited', 'credit_withdrawn', 'refunded_later'] as const;
    for (const word of words) {
      const [toParties] = await sentFor({ name: 'payment.updated', type: `payment_${word}` }, funded);
      expect(toParties).to.include({ event: 'purchase-request-update' });
      expect(toParties?.rooms).to.deep.equal(parties);
      expect(toParties?.payload).to.include({ type: `payment_${word}`, paymentId, status: 'completed' });
    }
  });

  const payouts = { created: 'payout-created', completed: 'payout-completed', updated: 'payout-updated' } as const;
  for (const [word, clientEvent] of Object.entries(payouts)) {
    it(`tells parties that a payout was ${word}, and rival sellers in the request room only that something happened`, async () => {
      const name = `payout.${word}` as 'payout.created';
      const sent = await sentFor({ name }, payout);
      expect(sent.map(({ rooms, except, event }) => ({ rooms, except, event }))).to.deep.equal([
        { rooms: parties, except: [], event: clientEvent },
        { rooms: ['marketplace'], except: parties, event: clientEvent },
      ]);
      expect(sent[0]?.payload).to.include({ paymentId: 'payout1', direction: 'out', status: 'pending', type: name });
      expect(sent[0]?.payload).to.include({ eventId: 'e-7', seq: 7, amount: '0.000000000000000005' });
    });
  }

  it("tells the operator alone about nobody's money", async () => {
    const sent = await sentFor({ name: 'payment.updated', type: 'payment_late' }, suspense);
    expect(sent.map(({ rooms }) => rooms)).to.deep.equal([['admin']]);
  });

  it('never sends terms, addresses, metadata or evidence to anybody', async () => {
    const events: DomainEvent[] = [
      { name: 'payment.created' },
      { name: 'payment.updated', type: 'payment_released' },
      { name: 'offer.updated', offerId: 'o', sellerId: 's', status: 'accepted' },
    ];
    const all = await Promise.all([
      ...events.map((event) => sentFor(event, funded)),
      sentFor({ name: 'payout.created' }, payout),
    ]);
    const text = JSON.stringify(all).toLowerCase();
    expect(text).to.include('payment-created');
    for (const address of Object.values(addresses)) expect(text).not.to.include(address.toLowerCase());
    for (const word of [metadata, 'canary', 'evidence', 'terms', funded.termsId]) expect(text).not.to.include(word);
  });
});
