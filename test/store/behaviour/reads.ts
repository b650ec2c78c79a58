import { expect } from 'chai';
import { buildState, buildTransition, randomIds } from '../../support/factories.ts';
import { handles, type StoreUnderTest } from './storeUnderTest.ts';

/** Reads of the log. */
export function behavesOnReads(current: () => StoreUnderTest): void {
  const { append, store } = handles(current);

  it('finds nothing of a payment that does not exist', async () => {
    expect(await store().tail(randomIds.payment())).to.equal(null);
    expect(await store().at(randomIds.payment(), 1)).to.equal(null);
    expect(await store().after(randomIds.payment(), 0, 10)).to.deep.equal([]);
    expect(await store().claimant(`tx:${randomIds.payment()}`)).to.equal(null);
  });

  it('reads the newest by number, not by insertion, also past ten', async () => {
    const paymentId = randomIds.payment();
    const order = [2, 11, 1, 10, 9];
    for (const seq of order) await append(buildTransition({ paymentId, seq }));
    expect((await store().tail(paymentId))?.seq).to.equal(11);
    expect((await store().at(paymentId, 10))?.seq).to.equal(10);
    expect((await store().after(paymentId, 2, 2)).map(({ seq }) => seq)).to.deep.equal([9, 10]);
  });

  it('tells steps without evidence, and of the state only what its names are read from', async () => {
    const state = buildState({ flags: ['overpaid'] });
    const transition = buildTransition({ state, effects: [{ type: 'verify' }], evidence: { rawBody: 'x' } });
    await append(transition);
    const { paymentId, seq, kind, atMs, effects } = transition;
    const { id, direction, status, flags, asset, balances } = state;
    const outline = { id, direction, status, flags, asset, balances };
    expect(await store().after(paymentId, 0, 10)).to.deep.equal([
      { paymentId, seq, kind, atMs, effects, state: outline },
    ]);
  });

  it('keeps payments apart whose ids begin alike', async () => {
    const paymentId = randomIds.payment();
    await append(buildTransition({ paymentId: `${paymentId}0`, seq: 7 }));
    await append(buildTransition({ paymentId, seq: 3 }));
    expect((await store().tail(paymentId))?.seq).to.equal(3);
  });

  it('says who holds a claim', async () => {
    const paymentId = randomIds.payment();
    const claims = [`fund:${paymentId}`, `tx:${paymentId}`];
    await append(buildTransition({ paymentId, seq: 4, claims }));
    expect(await store().claimant(`tx:${paymentId}`)).to.deep.equal({ paymentId, seq: 4 });
  });

  for (const kind of ['slot', 'payout']) {
    it(`finds the highest ${kind} claim of a prefix, in string order`, async () => {
      const prefix = `${kind}:bsc:${randomIds.payment()}:`;
      expect(await store().highestClaim(prefix)).to.equal(null);
      const paymentId = randomIds.payment();
      await append(buildTransition({ claims: [`${prefix}000000002`, `zz:${paymentId}`] }));
      await append(buildTransition({ paymentId, seq: 6, claims: [`post:${paymentId}`, `${prefix}000000010`] }));
      await append(buildTransition({ claims: [`${prefix}000000009`] }));
      expect(await store().highestClaim(prefix)).to.deep.equal({ claim: `${prefix}000000010`, paymentId, seq: 6 });
    });
  }

  it('lists the claims under a prefix in string order, whoever holds them', async () => {
    const prefix = `credit:56:${randomIds.payment()}:`;
    expect(await store().claimsUnder(prefix)).to.deep.equal([]);
    const [first, second] = [randomIds.payment(), randomIds.payment()];
    await append(buildTransition({ paymentId: second, seq: 2, claims: [`${prefix}2`, `${prefix}10`] }));
    await append(buildTransition({ paymentId: first, seq: 7, claims: [`zz:${first}`, `${prefix}11`] }));
    const listed = await store().claimsUnder(prefix);
    expect(listed.map((held) => [held.claim.slice(prefix.length), held.paymentId, held.seq])).to.deep.equal([
      ['10', second, 2],
      ['11', first, 7],
      ['2', second, 2],
    ]);
  });

  it('finds no number that was never given', async () => {
    const { paymentId } = buildTransition();
    await append(buildTransition({ paymentId, seq: 3 }));
    expect(await store().at(paymentId, 2)).to.equal(null);
    expect(await store().at(paymentId, 4)).to.equal(null);
  });

  it('tells the steps after a number, oldest first, and none after the last', async () => {
    const { paymentId } = buildTransition();
    for (const seq of [3, 1, 2]) await append(buildTransition({ paymentId, seq }));
    const seqs = async (after: number, limit: number) =>
      (await store().after(paymentId, after, limit)).map(({ seq }) => seq);
    expect(await seqs(0, 10)).to.deep.equal([1, 2, 3]);
    expect(await seqs(1, 1)).to.deep.equal([2]);
    expect(await seqs(3, 10)).to.deep.equal([]);
  });

  it('knows no holder of a claim that only a refused transition wanted', async () => {
    const first = buildTransition();
    await append(first);
    const claims = [`tx:${randomIds.payment()}`];
    await append(buildTransition({ paymentId: first.paymentId, claims }));
    expect(await store().claimant(claims[0] ?? '')).to.equal(null);
  });

  it('takes a prefix of claims literally', async () => {
    const id = randomIds.payment();
    await append(buildTransition({ claims: [`credit:1:${id}.x:1`, `credit:1:${id}ax:1`, `credit:1:${id}.x`] }));
    const listed = await store().claimsUnder(`credit:1:${id}.x:`);
    expect(listed.map(({ claim }) => claim)).to.deep.equal([`credit:1:${id}.x:1`]);
  });

  it('counts no claim of a wallet whose name only begins alike', async () => {
    const prefix = `slot:bsc:${randomIds.payment()}`;
    await append(buildTransition({ claims: [`${prefix}:000000001`] }));
    await append(buildTransition({ claims: [`${prefix}1:000000009`] }));
    expect((await store().highestClaim(`${prefix}:`))?.claim).to.equal(`${prefix}:000000001`);
  });
}

/** The copies in `payments` and the questions whether a tail is the newest. */
export function behavesOnHints(current: () => StoreUnderTest): void {
  const { append, store, hints } = handles(current);
  const step = (paymentId: string, seq: number) =>
    buildTransition({ paymentId, seq, state: buildState({ id: paymentId }) });
  const hinted = async (paymentId: string) => (await hints().hint(paymentId))?.seq;

  it('hints at nothing that was never projected, also when the log has it', async () => {
    const { paymentId } = buildTransition();
    await append(step(paymentId, 1));
    expect(await hints().hint(paymentId)).to.equal(null);
  });

  it('hints at exactly what was projected', async () => {
    const transition = step(randomIds.payment(), 1);
    await store().project(transition);
    const { paymentId, seq, hash, stateHash, state } = transition;
    expect(await hints().hint(paymentId)).to.deep.equal({ paymentId, seq, hash, stateHash, state });
  });

  it('never lets a projection go back', async () => {
    const { paymentId } = buildTransition();
    for (const seq of [3, 1, 2, 3]) await store().project(step(paymentId, seq));
    expect(await hinted(paymentId)).to.equal(3);
  });

  it('lets a projection that missed steps catch up with the next', async () => {
    const { paymentId } = buildTransition();
    for (const seq of [1, 7]) await store().project(step(paymentId, seq));
    expect(await hinted(paymentId)).to.equal(7);
  });

  it('lets the newest of racing projections stand', async () => {
    const { paymentId } = buildTransition();
    await Promise.all([4, 2, 5, 1, 3].map((seq) => store().project(step(paymentId, seq))));
    expect(await hinted(paymentId)).to.equal(5);
  });

  it('keeps the projections of payments apart', async () => {
    const [first, second] = [step(randomIds.payment(), 2), step(randomIds.payment(), 9)];
    await Promise.all([store().project(first), store().project(second)]);
    expect(await hinted(first.paymentId)).to.equal(2);
    expect(await hinted(second.paymentId)).to.equal(9);
  });

  it('calls a tail the newest until it has a successor', async () => {
    const first = step(randomIds.payment(), 1);
    await append(first);
    expect(await hints().isTail(first)).to.equal(true);
    await append(step(first.paymentId, 2));
    expect(await hints().isTail(first)).to.equal(false);
  });

  it('calls no tail the newest of which the log has another, or nothing', async () => {
    const first = step(randomIds.payment(), 1);
    expect(await hints().isTail(first)).to.equal(false);
    await append(first);
    expect(await hints().isTail({ ...first, hash: '0'.repeat(64) })).to.equal(false);
    expect(await hints().isTail(step(randomIds.payment(), 1))).to.equal(false);
  });
}
