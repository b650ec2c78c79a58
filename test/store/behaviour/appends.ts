import { expect } from 'chai';
import type { Transition } from '../../../server/domain/transition.ts';
import { buildLegs, buildTransition, randomIds } from '../../support/factories.ts';
import { failureOf, handles, type StoreUnderTest, word, words } from './storeUnderTest.ts';

/** One transition at a time, and what two fences refuse. */
export function behavesOnAppend(current: () => StoreUnderTest): void {
  const { append, store } = handles(current);

  it('appends and reads back exactly what was appended, bigint and all', async () => {
    const paymentId = randomIds.payment();
    const transition = buildTransition({
      paymentId,
      legs: buildLegs(paymentId, 1234567890123456789012345678n),
      claims: [`tx:${paymentId}`],
      effects: [{ type: 'verify' }],
      evidence: { rawBody: Buffer.from('{"a":1}'), note: 'x', amounts: [1n, -2n], nothing: null },
    });
    expect(await append(transition)).to.deep.equal([{ outcome: 'appended' }]);
    expect(await store().tail(paymentId)).to.deep.equal(transition);
  });

  it('refuses a taken number, so that histories never fork', async () => {
    const first = buildTransition();
    const second = buildTransition({ paymentId: first.paymentId });
    await append(first);
    expect(await append(second)).to.deep.equal([{ outcome: 'sequenceTaken' }]);
    expect((await store().tail(first.paymentId))?.attempt).to.equal(first.attempt);
  });

  it('names the claim another payment holds', async () => {
    const claims = [`evt:a:${randomIds.payment()}`, `tx:"quoted"\\${randomIds.payment()}`];
    await append(buildTransition({ claims }));
    for (const claim of claims) {
      expect(await append(buildTransition({ claims: [claim] }))).to.deep.equal([{ outcome: 'claimTaken', claim }]);
    }
  });

  it('reports the taken number when number and claim are both taken', async () => {
    const first = buildTransition({ claims: [`tx:${randomIds.payment()}`] });
    await append(first);
    const again = buildTransition({ paymentId: first.paymentId, claims: first.claims });
    expect((await append(again)).map(word)).to.deep.equal(['sequenceTaken']);
  });

  it('lets many transitions live without claims', async () => {
    expect((await append(buildTransition(), buildTransition())).map(word)).to.deep.equal(['appended', 'appended']);
  });

  it('lets one of two racing writers of the same number win', async () => {
    const first = buildTransition();
    const rivals = [first, ...Array.from({ length: 9 }, () => buildTransition({ paymentId: first.paymentId }))];
    const results = (await Promise.all(rivals.map((one) => append(one)))).flat().map(word);
    expect(results.filter((one) => one === 'appended')).to.have.length(1);
    expect(results.filter((one) => one === 'sequenceTaken')).to.have.length(9);
  });

  it('lets one of several payments that race for a claim win', async () => {
    const claims = [`fund:${randomIds.payment()}`];
    const results = (await Promise.all(Array.from({ length: 10 }, () => append(buildTransition({ claims }))))).flat();
    expect(results.filter((one) => one.outcome === 'appended')).to.have.length(1);
    expect(results.filter((one) => one.outcome === 'claimTaken' && one.claim === claims[0])).to.have.length(9);
  });

  it('names a claim that an earlier step of the same payment holds', async () => {
    const first = buildTransition({ claims: [`tx:${randomIds.payment()}`] });
    await append(first);
    const next = buildTransition({ paymentId: first.paymentId, seq: 2, claims: first.claims });
    expect(await append(next)).to.deep.equal([{ outcome: 'claimTaken', claim: first.claims[0] }]);
  });

  it('names one taken claim when several are taken', async () => {
    const claims = [`evt:a:${randomIds.payment()}`, `tx:${randomIds.payment()}`];
    for (const claim of claims) await append(buildTransition({ claims: [claim] }));
    const [result] = await append(buildTransition({ claims }));
    expect(result?.outcome === 'claimTaken' && claims.includes(result.claim)).to.equal(true);
  });

  it('takes claims for different that differ in a letter, its case or their length', async () => {
    const claim = `tx:${randomIds.payment()}:a`;
    const alike = [claim, claim.toUpperCase(), claim.slice(0, -1), `${claim}b`, ` ${claim}`, `${claim}:e1`];
    for (const one of alike)
      expect(words(await append(buildTransition({ claims: [one] })))).to.deep.equal(['appended']);
  });

  it('does not see a claim that stands twice in one transition, so that whoever writes removes repeats', async () => {
    const claim = `tx:${randomIds.payment()}`;
    expect(words(await append(buildTransition({ claims: [claim, claim] })))).to.deep.equal(['appended']);
    expect(words(await append(buildTransition({ claims: [claim] })))).to.deep.equal(['claimTaken']);
  });

  it('takes nothing of a refused transition: its other claims stay free', async () => {
    const [taken, free] = [`tx:${randomIds.payment()}`, `tx:${randomIds.payment()}`];
    await append(buildTransition({ claims: [taken] }));
    const refused = buildTransition({ claims: [free, taken] });
    expect(words(await append(refused))).to.deep.equal(['claimTaken']);
    expect(await store().tail(refused.paymentId)).to.equal(null);
    expect(words(await append(buildTransition({ claims: [free] })))).to.deep.equal(['appended']);
  });

  it('takes any number that is free, because only whoever writes knows which comes next', async () => {
    const { paymentId } = buildTransition();
    for (const seq of [5, 2, 999_999])
      expect(words(await append(buildTransition({ paymentId, seq })))).to.deep.equal(['appended']);
    expect(words(await append(buildTransition({ paymentId, seq: 5 })))).to.deep.equal(['sequenceTaken']);
  });

  it('keeps what was written first when the same number comes again', async () => {
    const first = buildTransition({ effects: [{ type: 'verify' }] });
    await append(first);
    await append(buildTransition({ paymentId: first.paymentId, effects: [{ type: 'drivePayout' }] }));
    expect(await store().at(first.paymentId, 1)).to.deep.equal(first);
  });
}

/** Several transitions in one call. */
export function behavesOnBatches(current: () => StoreUnderTest): void {
  const { append, store } = handles(current);

  it('gives every transition of a batch its own answer', async () => {
    const taken = buildTransition({ claims: [`tx:${randomIds.payment()}`] });
    await append(taken);
    const results = await append(
      buildTransition(),
      buildTransition({ paymentId: taken.paymentId }),
      buildTransition({ claims: taken.claims }),
      buildTransition(),
    );
    expect(results.map(word)).to.deep.equal(['appended', 'sequenceTaken', 'claimTaken', 'appended']);
  });

  it('has no answers for no transitions', async () => {
    expect(await append()).to.deep.equal([]);
  });

  it('lets one of two transitions with the same number win in one batch', async () => {
    const first = buildTransition();
    const results = words(await append(first, buildTransition({ paymentId: first.paymentId })));
    expect(results.sort()).to.deep.equal(['appended', 'sequenceTaken']);
  });

  it('lets one of two transitions with the same claim win in one batch', async () => {
    const claims = [`tx:${randomIds.payment()}`];
    const results = words(await append(buildTransition({ claims }), buildTransition({ claims })));
    expect(results.sort()).to.deep.equal(['appended', 'claimTaken']);
  });

  it('keeps the answers of a long batch in its order', async () => {
    const taken = buildTransition();
    await append(taken);
    const batch = Array.from({ length: 64 }, (_, n) =>
      buildTransition(n % 3 === 0 ? { paymentId: taken.paymentId } : {}),
    );
    const expected = batch.map((_, n) => (n % 3 === 0 ? 'sequenceTaken' : 'appended'));
    expect(words(await append(...batch))).to.deep.equal(expected);
  });

  it('stores the others of a batch in which one is a mistake', async () => {
    const [before, after] = [buildTransition(), buildTransition()];
    const { paymentId } = buildTransition();
    const wrong = buildTransition({ paymentId, legs: buildLegs(paymentId, 5n).slice(0, 1) });
    expect(await failureOf(append(before, wrong, after))).to.be.instanceOf(Error);
    const stored = await Promise.all([before, wrong, after].map((one) => store().tail(one.paymentId)));
    expect(stored.map((one) => one !== null)).to.deep.equal([true, false, true]);
  });
}

/** What the validator of the collection refuses and accepts. */
export function behavesOnBooks(current: () => StoreUnderTest): void {
  const { append, store } = handles(current);
  const bound = 10n ** 30n;
  const leg = (amount: bigint, asset = 'bsc:USDT') => ({ account: 'buyer:b', asset, amount });
  const zeros = (length: number) => Array.from({ length }, () => leg(0n));

  it('throws on unbalanced legs and stores nothing', async () => {
    const { paymentId } = buildTransition();
    const legs = [...buildLegs(paymentId, 5n), { account: 'loss', asset: 'bsc:USDT', amount: 1n }];
    const failure = await append(buildTransition({ paymentId, legs })).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    expect(await store().tail(paymentId)).to.equal(null);
  });

  const refused: Readonly<Record<string, Partial<Transition>>> = {
    'legs that sum to one': { legs: [leg(2n), leg(-1n)] },
    'one leg alone': { legs: [leg(5n)] },
    'legs in two assets, although their sum is zero': { legs: [leg(5n), leg(-5n, 'bsc:DAI')] },
    'an amount just above the bound': { legs: [leg(bound + 1n), leg(-bound - 1n)] },
    'more legs than stay exact': { legs: zeros(65) },
    'more claims than a transition may have': {
      claims: Array.from({ length: 65 }, (_, n) => `x:${randomIds.payment()}:${n}`),
    },
  };
  for (const [what, overrides] of Object.entries(refused)) {
    it(`refuses ${what}, as a mistake of ours and not as an outcome`, async () => {
      const transition = buildTransition(overrides);
      expect(await failureOf(append(transition))).to.be.instanceOf(Error);
      expect(await store().tail(transition.paymentId)).to.equal(null);
    });
  }

  const accepted: Readonly<Record<string, Partial<Transition>>> = {
    'no legs at all': { legs: [] },
    'legs of zero': { legs: zeros(64) },
    'amounts at the bound': { legs: [leg(bound), leg(-bound)] },
    'balanced amounts of 28 digits in three legs': {
      legs: [leg(1234567890123456789012345678n), leg(-1234567890123456789012345677n), leg(-1n)],
    },
  };
  for (const [what, overrides] of Object.entries(accepted)) {
    it(`accepts ${what}`, async () => {
      const transition = buildTransition(overrides);
      expect(words(await append(transition))).to.deep.equal(['appended']);
      expect((await store().tail(transition.paymentId))?.legs).to.deep.equal(transition.legs);
    });
  }
}
