import { expect } from 'chai';
import { id, keccak256, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { eventsOf, rejectsEach } from '../observed.ts';
import { ACTION, actSigned, settleBatch } from '../signedActs.ts';

const SURPLUS = 7n;
const PART = PRICE / 4n;
const ASSETS = ['a token', 'native coin'] as const;
const VAULT_SHORT = id('VaultShort()').slice(0, 10);

describe('attacks on a vault without a record', () => {
  const world = useEscrowWorld();

  /** Terms in the token or in native coin, with one milestone of the whole if a test settles by it. */
  async function termsIn(asset: (typeof ASSETS)[number], changes: Partial<Terms> = {}): Promise<Terms> {
    return world().terms({ ...(asset === 'a token' ? {} : { token: ZERO_ADDRESS }), ...changes });
  }
  /** Every call that starts a clock or a settlement on the money of a vault, by all who may; each is the name, what it pays, and the status then. */
  function openers(terms: Terms): [name: string, paid: bigint, status: bigint, call: () => Promise<unknown>][] {
    const act = (from: (typeof roles)['buyer'], method: string) => () => world().act(from, method, [terms]);
    const part = { toSeller: PART, toBuyer: 0n };
    return [
      ['mark', 0n, STATUS.delivered, act(roles.seller, 'markDelivered')],
      ['signed mark', 0n, STATUS.delivered, () => signed(terms, ACTION.markDelivered)],
      ['freeze by the buyer', 0n, STATUS.frozen, act(roles.buyer, 'freeze')],
      ['freeze by a signer', 0n, STATUS.frozen, act(roles.signers[2], 'freeze')],
      ['signed freeze', 0n, STATUS.frozen, () => signed(terms, ACTION.freeze)],
      ['settlement', PART, STATUS.funded, () => world().settle(terms, part)],
      ['settlement of all', PRICE, STATUS.closed, () => world().settle(terms, { toSeller: 0n, toBuyer: PRICE })],
      ['buyer alone', PRICE, STATUS.closed, () => byParty(terms, TAG.buyer)],
      ['seller alone', PRICE, STATUS.closed, () => byParty(terms, TAG.seller)],
      ['batch', PART, STATUS.funded, () => batch(terms, 'settleBatch')],
    ];
  }
  async function signed(terms: Terms, action: number) {
    return actSigned(
      world(),
      terms,
      action,
      action === ACTION.freeze ? [TAG.buyer, roles.buyer] : [TAG.seller, roles.seller],
    );
  }
  async function byParty(terms: Terms, tag: number) {
    const release = tag === TAG.buyer;
    const split = { toSeller: release ? PRICE : 0n, toBuyer: release ? 0n : PRICE };
    return world().settle(terms, split, [[tag, release ? roles.buyer : roles.seller]]);
  }
  async function batch(terms: Terms, method: 'settleBatch' | 'settleBatchReport') {
    return settleBatch(world(), method, [[terms, await world().settlement(terms, { toSeller: PART, toBuyer: 0n })]]);
  }
  async function milestone(terms: Terms) {
    const settle = await world().settlement(terms, { toSeller: PART, toBuyer: 0n });
    return world().act(roles.stranger, 'settleMilestone', [terms, settle, world().sign(settle), [PART, PRICE - PART]]);
  }
  const twoSteps = keccak256(`${toBeHex(PART, 32)}${toBeHex(PRICE - PART, 32).slice(2)}`);

  for (const asset of ASSETS) {
    describe(`in ${asset}`, () => {
      it('A2: start no clock and settle nothing while the vault is empty or short, so the slot stays as it was', async () => {
        for (const held of [0n, 1n, PRICE - 1n]) {
          const terms = await termsIn(asset);
          const stepwise = await termsIn(asset, { milestonesHash: twoSteps });
          for (const each of [terms, stepwise]) {
            if (held !== 0n) await world().payVault(each, held);
            // So that there is a slot which could change.
            await world().act(roles.signers[0], 'bumpSeq', [world().idOf(each)]);
          }
          const before = await world().payment(terms);
          expect([before.status, before.seq]).to.deep.equal([STATUS.none, 1n]);
          await rejectsEach(
            world(),
            openers(terms).map(([name, , , call]) => [`${name}, ${held}`, call]),
            'VaultShort',
          );
          await world().rejects(milestone(stepwise), 'VaultShort');
          expect(eventsOf(world(), await batch(terms, 'settleBatchReport'))).to.deep.equal([
            ['ItemFailed', world().idOf(terms), 0n, VAULT_SHORT],
          ]);
          expect(await world().payment(terms)).to.deep.equal(before);
          expect(await world().balance(await world().vaultOf(terms), terms.token)).to.equal(held);
        }
      });

      it('A2: open with the amount and never with the balance, whatever surplus lies in the vault', async () => {
        const terms = await termsIn(asset);
        const stepwise = await termsIn(asset, { milestonesHash: twoSteps });
        for (const each of [terms, stepwise]) await world().payVault(each, PRICE + SURPLUS);
        const calls = [
          ...openers(terms).map((opener) => [terms, ...opener] as const),
          [stepwise, 'milestone', PART, STATUS.funded, () => milestone(stepwise)] as const,
        ];
        for (const [of, name, paid, status, call] of calls) {
          const snapshot = await world().chain.snapshot();
          await call();
          const record = await world().payment(of);
          expect([record.remaining, record.status, record.inVault], name).to.deep.equal([PRICE - paid, status, true]);
          const vault = await world().vaultOf(of);
          expect(await world().balance(vault, of.token), name).to.equal(PRICE - paid + SURPLUS);
          await world().act(roles.stranger, 'recover', [of, of.token]);
          expect(await world().balance(vault, of.token), name).to.equal(PRICE - paid);
          await world().chain.restore(snapshot);
        }
      });

      it('A12: refuse mark, freeze and sweep one second after deliverBy, delivered or not', async () => {
        const terms = await termsIn(asset);
        await world().payVault(terms);
        await world().chain.setNextTime(terms.deliverBy + 1);
        const refused: [string, () => Promise<unknown>][] = [
          ['mark', () => world().act(roles.seller, 'markDelivered', [terms])],
          ['signed mark', () => signed(terms, ACTION.markDelivered)],
          ['freeze', () => world().act(roles.buyer, 'freeze', [terms])],
          ['freeze by a signer', () => world().act(roles.signers[0], 'freeze', [terms])],
          ['signed freeze', () => signed(terms, ACTION.freeze)],
          ['sweep', () => world().act(roles.seller, 'sweep', [terms])],
          ['sweep by a signer', () => world().act(roles.signers[0], 'sweep', [terms])],
        ];
        await rejectsEach(world(), refused, 'TooLate');
        expect((await world().payment(terms)).status).to.equal(STATUS.none);
      });

      it('A12: open by a settlement one second after deliverBy, against which a recovery then takes nothing', async () => {
        const terms = await termsIn(asset);
        await world().payVault(terms);
        const settle = await world().settlement(terms, {
          toSeller: PART,
          toBuyer: 0n,
          validUntil: terms.deliverBy + 9,
        });
        await world().chain.setNextTime(terms.deliverBy + 1);
        const args = [terms, settle, world().sign(settle)];
        expect(eventsOf(world(), await world().act(roles.stranger, 'settle', args))).to.deep.equal([
          ['Funded', world().idOf(terms), terms.buyer, terms.seller, PRICE, 2n],
          ['Settled', world().idOf(terms), 0n, PART, 0n, PART / 100n],
        ]);
        await world().rejects(world().act(roles.stranger, 'recover', [terms, terms.token]), 'Nothing');
        await world().rejects(world().act(roles.seller, 'recover', [terms, terms.token]), 'Nothing');
        expect((await world().payment(terms)).remaining).to.equal(PRICE - PART);
      });

      it('A12: stay closed for a settlement when the recovery came first', async () => {
        const terms = await termsIn(asset);
        await world().payVault(terms);
        const before = await world().balance(terms.refundTo, terms.token);
        await world().chain.setNextTime(terms.deliverBy + 1);
        const receipt = await world().act(roles.stranger, 'recover', [terms, terms.token]);
        expect(eventsOf(world(), receipt)).to.deep.equal([
          ['Recovered', world().idOf(terms), terms.token, terms.refundTo, PRICE, true],
        ]);
        await world().payVault(terms);
        await world().rejects(world().settle(terms, { toSeller: PART, toBuyer: 0n }), 'WrongStatus');
        await world().rejects(byParty(terms, TAG.buyer), 'WrongStatus');
        expect((await world().balance(terms.refundTo, terms.token)) - before).to.equal(PRICE);
      });
    });
  }
});
