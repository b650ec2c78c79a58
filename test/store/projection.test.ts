import { expect } from 'chai';
import { buildState, buildTransfer, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';
import { rows } from '../support/pages.ts';

describe('the projection and the queries over it', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  const project = (overrides: Parameters<typeof buildState>[0], seq = 1) => {
    const state = buildState(overrides);
    return opened.store.transitions.project(buildTransition({ paymentId: state.id, seq, state })).then(() => state);
  };
  const queries = () => opened.store.queries;

  it('never goes back, skips what it missed, and survives racing writers', async () => {
    const id = randomIds.payment();
    const seqs = [3, 1, 5, 2, 4, 5, 1];
    await Promise.all(seqs.map((seq) => project({ id, hints: [`hint${seq}`] }, seq)));
    await project({ id, hints: ['late'] }, 4);
    const found = await queries().payment(id, null);
    expect(found?.seq).to.equal(5);
    expect(found?.state).to.deep.include({ hints: ['hint5'] });
  });

  it('shows the state exactly as it is, amounts as bigint', async () => {
    const state = await project({ price: 10n ** 20n });
    const found = await queries().payment(state.id, state.sellerId);
    expect(found).to.deep.equal({
      ...{ state, seq: 1, createdAtMs: state.openedAtMs },
      updatedAtMs: 1_800_000_000_001,
      received: 0n,
    });
  });

  it('hides a payment from strangers', async () => {
    const { id, buyerId } = await project({});
    expect(await queries().payment(id, 'stranger')).to.equal(null);
    expect((await queries().payment(id, buyerId))?.seq).to.equal(1);
  });

  it('lists by owner, status, request and direction, newest first, with the total', async () => {
    const buyerId = `buyer-${randomIds.payment()}`;
    for (const openedAtMs of [1, 2, 3]) await project({ buyerId, openedAtMs });
    await project({ buyerId, openedAtMs: 4, status: 'failed' });
    const page = await queries().payments({ buyerId, statuses: ['pending'], direction: 'in' }, rows(2, 1));
    expect(page.total).to.equal(3);
    expect(page.items.map(({ createdAtMs }) => createdAtMs)).to.deep.equal([2, 1]);
    expect((await queries().payments({ buyerId, direction: 'out' }, rows(10))).total).to.equal(0);
  });

  it('lists a payment with hundreds of transfers by its first twenty, and by the sum of all', async () => {
    const { vault, asset } = buildState();
    const own = { custody: 'contract', epoch: 0, onTime: true, reversed: false, purpose: 'payment' } as const;
    const arrivals = Array.from({ length: 300 }, () => ({ ...buildTransfer({ vault }, 7n), ...own }));
    const { id, buyerId } = await project({ buyerId: `buyer-${randomIds.payment()}`, vault, asset, arrivals });
    const [item] = (await queries().payments({ buyerId }, rows(10))).items;
    expect(item?.received).to.equal(2_100n);
    expect(item?.state).to.deep.include({ arrivals: arrivals.slice(0, 20) });
    const whole = await queries().payment(id, buyerId);
    expect([whole?.received, whole?.state]).to.deep.include(2_100n).and.nested.property('[1].arrivals.length', 300);
  });

  it('lists the attempts of one trade, newest first', async () => {
    const trade = { requestId: randomIds.payment(), offerId: 'o', buyerId: 'b' };
    const failed = await project({ ...trade, openedAtMs: 1, status: 'failed' });
    const pending = await project({ ...trade, openedAtMs: 2 });
    await project({ ...trade, offerId: 'other' });
    expect(await queries().attempts(trade.requestId, 'o', 'b')).to.deep.equal([
      { id: pending.id, status: 'pending' },
      { id: failed.id, status: 'failed' },
    ]);
  });

  it('finds payments whose time is over, oldest first', async () => {
    const [second, first] = [
      await project({ expiresAtMs: 20 }),
      await project({ expiresAtMs: 10, status: 'processing' }),
    ];
    await project({ expiresAtMs: 5, status: 'completed' });
    await project({ expiresAtMs: 31 });
    expect(await queries().expired(30, 10)).to.deep.equal([first.id, second.id]);
    expect(await queries().expired(30, 1)).to.deep.equal([first.id]);
  });

  it('finds arrivals in blocks that were taken back, but not reversed ones', async () => {
    const base = buildState();
    const arrival = (blockNumber: number, reversed: boolean) => ({
      ...buildTransfer(base, 5n, { chainId: 77, blockNumber }),
      ...{ custody: 'contract' as const, epoch: 0, onTime: true, purpose: 'payment' as const, reversed },
    });
    const standing = await project({ arrivals: [arrival(90, false), arrival(101, false)] });
    await project({ arrivals: [arrival(101, true)] });
    await project({ arrivals: [arrival(100, false)] });
    const found = await queries().arrivalsAbove(77, 100, 10);
    expect(found.map(({ paymentId }) => paymentId)).to.deep.equal([standing.id]);
    expect(found[0]?.state?.arrivals).to.deep.equal(standing.arrivals);
    expect(await queries().arrivalsAbove(78, 0, 10)).to.deep.equal([]);
  });

  it('finds a payment by every external id it ever had', async () => {
    const { id, provider } = await project({});
    const forward = (externalId: string) => ({ externalId }) as never;
    await project({ id, provider, forward: forward(`${id}-2-0`) }, 2);
    await project({ id, provider, forward: forward(`${id}-5-0`) }, 5);
    for (const externalId of [provider?.externalId ?? '', `${id}-2-0`, `${id}-5-0`]) {
      expect(await queries().paymentByExternalId(externalId)).to.equal(id);
    }
    expect(await queries().paymentByExternalId('unknown')).to.equal(null);
  });

  it('sums what lies in the provider’s wallets for all payments, until it has left', async () => {
    const held = (id: string, asset: string) => [
      { account: `held:provider:${id}`, asset, amount: 60n },
      { account: `excess:provider:${id}`, asset, amount: 5n },
      { account: `held:contract:${id}`, asset, amount: 900n },
    ];
    const [one, other] = [randomIds.payment(), randomIds.payment()];
    await project({ id: one, balances: held(one, 'bsc:SUM') });
    await project({ id: other, balances: [...held(other, 'bsc:SUM'), ...held(other, 'bsc:ELSE')] });
    expect(await queries().inProviderCustody('bsc:SUM')).to.equal(130n);
    await project({ id: one, balances: [] }, 2);
    expect(await queries().inProviderCustody('bsc:SUM')).to.equal(65n);
    expect(await queries().inProviderCustody('bsc:NONE')).to.equal(0n);
  });

  it('finds payments with a prepared settlement', async () => {
    const { id } = await project({ settlement: { digest: 'd' } as never });
    expect(await queries().openSettlements(10)).to.deep.equal([id]);
    await project({ id }, 2);
    expect(await queries().openSettlements(10)).to.deep.equal([]);
  });
});
