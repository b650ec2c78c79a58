import { expect } from 'chai';
import type { Transition } from '../../server/domain/transition.ts';
import type { AppendResult, RelayStore, TransitionStore } from '../../server/ports.ts';
import { buildLegs, buildState, buildTransition, randomIds } from '../support/factories.ts';

/** The ports under test; each suite brings an implementation. */
export interface StoreUnderTest {
  readonly transitions: TransitionStore;
  readonly relay: RelayStore;
}

const word = (result: AppendResult | undefined) => result?.outcome;

/** What the coordinator and the relay rely on; the same cases for the real server and for the simulated one. */
export function behavesLikeStore(current: () => StoreUnderTest): void {
  const append = async (...transitions: Transition[]) => current().transitions.append(transitions);
  const store = () => current().transitions;
  const relay = () => current().relay;

  describe('append', () => {
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

    it('throws on unbalanced legs and stores nothing', async () => {
      const { paymentId } = buildTransition();
      const legs = [...buildLegs(paymentId, 5n), { account: 'loss', asset: 'bsc:USDT', amount: 1n }];
      const failure = await append(buildTransition({ paymentId, legs })).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error);
      expect(await store().tail(paymentId)).to.equal(null);
    });
  });

  describe('reads', () => {
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
  });

  describe('relay', () => {
    const now = 1_000_000;
    const lease = async (at = now) => relay().lease(at, 100);
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
      expect(ids.filter((id) => id.startsWith(paymentId))).to.deep.equal([
        `${paymentId}:000001`,
        `${paymentId}:000002`,
      ]);
      expect(await drain()).to.deep.equal([]);
    });

    it('keeps a parked effect once, and parking alone marks nothing done', async () => {
      const { id } = await appended();
      await relay().park(id, 'key', 'broken', now);
      await relay().park(id, 'key', 'broken again', now + 1);
      expect((await lease())?.transition.id).to.equal(id);
    });

    async function appended(): Promise<Transition> {
      const paymentId = randomIds.payment();
      const transition = buildTransition({ paymentId, state: buildState({ id: paymentId }) });
      await append(transition);
      return transition;
    }
  });
}
