import { expect } from 'chai';
import type { Transition } from '../../../server/domain/transition.ts';
import type { LeasedTransition } from '../../../server/ports.ts';
import { buildState, buildTransition, randomIds } from '../../support/factories.ts';
import { handles, type StoreUnderTest } from './storeUnderTest.ts';

/** The relay's side of the log. */
export function behavesOnRelay(current: () => StoreUnderTest): void {
  const { append, store, relay } = handles(current);
  const now = 1_000_000;
  const lease = async (at = now) => (await relay().lease(at, 100, 1))[0] ?? null;
  /** Takes and finishes everything there is; late enough that nothing is still held. */
  async function drain(): Promise<string[]> {
    const later = now + 1_000_000;
    const ids: string[] = [];
    for (let leased = await lease(later); leased; leased = await lease(later)) {
      ids.push(leased.transition.id);
      await relay().done(leased);
    }
    return ids;
  }
  beforeEach(drain);

  it('gives a transition to one taker until its lease is over, then to the next with a higher fence', async () => {
    const { id } = await appended();
    expect(await lease()).to.have.nested.include({ fence: 1, 'transition.id': id });
    expect(await lease(now + 99)).to.equal(null);
    expect((await lease(now + 100))?.fence).to.equal(2);
  });

  it('gives callers that ask at the same time one transition each, and none to two of them', async () => {
    const ids = [await appended(), await appended(), await appended()].map(({ id }) => id);
    const leased = await Promise.all(Array.from({ length: 5 }, () => lease()));
    expect(leased.map((one) => one?.transition.id ?? null)).to.have.members([...ids, null, null]);
  });

  it('gives as many as are asked for, each of a payment of its own', async () => {
    const first = await appended();
    await append(buildTransition({ paymentId: first.paymentId, seq: 2 }));
    const ids = [first, await appended(), await appended()].map(({ id }) => id).sort();
    const two = await relay().lease(now, 100, 2);
    expect(two.map(({ transition }) => transition.id).sort()).to.deep.equal(ids.slice(0, 2));
    const rest = await relay().lease(now, 100, 5);
    expect(rest.map(({ transition, fence }) => [transition.id, fence])).to.deep.equal([[ids[2], 1]]);
  });

  it('does not give a transition while an earlier one of the payment is undone', async () => {
    const { paymentId } = await appended();
    await append(buildTransition({ paymentId, seq: 2 }));
    const first = await lease();
    if (first === null) throw new Error('the first transition was not free');
    expect(first.transition.seq).to.equal(1);
    expect(await lease()).to.equal(null);
    expect(await relay().done(first)).to.equal(true);
    expect((await lease())?.transition.seq).to.equal(2);
  });

  it('refuses the mark and the renewal of a holder that lost its lease', async () => {
    await appended();
    const slow = await lease();
    const quick = await lease(now + 100);
    if (slow === null || quick === null) throw new Error('the transition was not free');
    expect(await relay().renew(slow, now + 900)).to.equal(false);
    expect(await relay().done(slow)).to.equal(false);
    expect(await relay().renew(quick, now + 900)).to.equal(true);
    expect(await lease(now + 899)).to.equal(null);
    expect(await relay().done(quick)).to.equal(true);
    expect(await relay().done(quick)).to.equal(false);
  });

  it('hands out every undone transition once, oldest of each payment first', async () => {
    const { paymentId } = await appended();
    await append(buildTransition({ paymentId, seq: 2 }));
    const other = await appended();
    const ids = await drain();
    expect(new Set(ids)).to.deep.equal(new Set([`${paymentId}:000001`, `${paymentId}:000002`, other.id]));
    expect(ids).to.have.length(3);
    expect(ids.filter((id) => id.startsWith(paymentId))).to.deep.equal([`${paymentId}:000001`, `${paymentId}:000002`]);
    expect(await drain()).to.deep.equal([]);
  });

  it('keeps a parked effect once, and parking alone marks nothing done', async () => {
    const { id } = await appended();
    await relay().park(id, 'key', 'broken', now);
    await relay().park(id, 'key', 'broken again', now + 1);
    expect((await lease())?.transition.id).to.equal(id);
  });

  it('has nothing to give when nothing is undone', async () => {
    expect(await lease()).to.equal(null);
  });

  it('gives the whole transition, exactly as it was appended', async () => {
    const transition = await appended();
    expect((await lease())?.transition).to.deep.equal(transition);
  });

  it('gives a transition to one of several takers at the same time', async () => {
    await appended();
    const taken = await Promise.all(Array.from({ length: 6 }, () => lease()));
    expect(taken.filter((one) => one !== null)).to.have.length(1);
  });

  it('gives transitions of different payments to different takers', async () => {
    const ids = [(await appended()).id, (await appended()).id].sort();
    const taken = [await lease(), await lease()].map((one) => one?.transition.id);
    expect(taken.sort()).to.deep.equal(ids);
    expect(await lease()).to.equal(null);
  });

  it('keeps a renewed transition to its holder, and a shortened one no longer', async () => {
    await appended();
    const leased = await taken();
    await relay().renew(leased, now + 500);
    expect(await lease(now + 499)).to.equal(null);
    await relay().renew(leased, now + 10);
    expect((await lease(now + 10))?.fence).to.equal(2);
  });

  it('renews nothing that is done', async () => {
    await appended();
    const leased = await taken();
    await relay().done(leased);
    expect(await relay().renew(leased, now + 500)).to.equal(false);
    expect(await lease(now + 10_000)).to.equal(null);
  });

  it('marks nothing that is not there', async () => {
    const strange = { transition: buildTransition(), fence: 1 };
    expect(await relay().done(strange)).to.equal(false);
    expect(await relay().renew(strange, now + 500)).to.equal(false);
    await relay().park(strange.transition.id, 'key', 'broken', now);
    expect(await store().tail(strange.transition.paymentId)).to.equal(null);
  });

  it('does not give a later transition while an earlier one is with another taker', async () => {
    const { paymentId } = await appended();
    await taken();
    await append(buildTransition({ paymentId, seq: 2 }));
    expect(await lease(now + 99)).to.equal(null);
    expect((await lease(now + 100))?.transition.seq).to.equal(1);
  });

  async function taken(): Promise<LeasedTransition> {
    const leased = await lease();
    if (leased === null) throw new Error('the transition was not free');
    return leased;
  }

  async function appended(): Promise<Transition> {
    const paymentId = randomIds.payment();
    const transition = buildTransition({ paymentId, state: buildState({ id: paymentId }) });
    await append(transition);
    return transition;
  }
}
