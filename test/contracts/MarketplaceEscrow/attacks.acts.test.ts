import { expect } from 'chai';
import { ACT_TYPES, type Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, paid } from '../lifeStages.ts';
import { custodyOf, eventsOf, rejectsEach } from '../observed.ts';
import { type SignatureItem, signItems } from '../signatureItems.ts';
import { ACTION, actSigned } from '../signedActs.ts';

const { buyer, seller, signers, stranger } = roles;
const BUYER: SignatureItem = [TAG.buyer, buyer];
const SELLER: SignatureItem = [TAG.seller, seller];

for (const mode of MODES) {
  describe(`attacks by signed acts, ${mode} mode`, () => {
    const world = useEscrowWorld();
    const mark = (terms: Terms, item = SELLER, timing = {}) =>
      actSigned(world(), terms, ACTION.markDelivered, item, timing);
    const freeze = (terms: Terms, item = BUYER, timing = {}) => actSigned(world(), terms, ACTION.freeze, item, timing);

    /** An act whose signature was given for another payment, action, or by several. */
    async function forged(terms: Terms, action: number, signed: object, items: readonly SignatureItem[]) {
      const validUntil = (await world().chain.now()) + DAY;
      const digest = world().digest(ACT_TYPES, { id: world().idOf(terms), action, validUntil, ...signed });
      return world().act(stranger, 'actSigned', [terms, action, validUntil, signItems(digest, items)]);
    }

    it('A17: works from a stranger for the party that signed, as by its own call', async () => {
      const marked = await funded(world(), mode);
      const atMark = eventsOf(world(), await mark(marked));
      const markTime = BigInt(await world().chain.now());
      expect(atMark).to.deep.equal([['Delivered', world().idOf(marked), markTime]]);
      const { status, clock } = await world().payment(marked);
      expect([status, clock]).to.deep.equal([STATUS.delivered, markTime]);
      for (const [terms, item, by] of [
        [await funded(world(), mode), BUYER, buyer.address],
        [(await delivered(world(), mode)).terms, BUYER, buyer.address],
        [(await delivered(world(), mode)).terms, SELLER, seller.address],
      ] as const) {
        const events = eventsOf(world(), await freeze(terms, item));
        const now = BigInt(await world().chain.now());
        expect(events).to.deep.equal([['Frozen', world().idOf(terms), by, now]]);
        expect((await world().payment(terms)).clock).to.equal(now);
      }
    });

    it('A17: reverts for the wrong party, a signer and a stranger among them, whoever broadcasts', async () => {
      const before = await funded(world(), mode);
      await rejectsEach(
        world(),
        [
          ['the buyer marks', () => mark(before, BUYER)],
          ['the seller freezes before delivery', () => freeze(before, SELLER)],
        ],
        'NotAllowed',
      );
      await rejectsEach(
        world(),
        [
          ['a signer marks', () => mark(before, [0, signers[0]])],
          ['a signer freezes, which takes a call of his own', () => freeze(before, [0, signers[0]])],
          ['the account of a redirect', () => freeze(before, [0x7d, buyer])],
          ['the key of another under the tag of the buyer', () => freeze(before, [TAG.buyer, seller])],
          ['a stranger under the tag of the seller', () => mark(before, [TAG.seller, stranger])],
          ['both parties', () => forged(before, ACTION.freeze, {}, [BUYER, SELLER])],
          ['the buyer twice', () => forged(before, ACTION.freeze, {}, [BUYER, BUYER])],
          ['nobody', () => forged(before, ACTION.freeze, {}, [])],
        ],
        'BadSignature',
      );
    });

    it('A17: lends a signer who broadcasts nothing of his own right to freeze', async () => {
      const terms = await funded(world(), mode);
      const validUntil = (await world().chain.now()) + DAY;
      const digest = world().digest(ACT_TYPES, { id: world().idOf(terms), action: ACTION.freeze, validUntil });
      const args = [terms, ACTION.freeze, validUntil, signItems(digest, [SELLER])];
      await world().rejects(world().act(signers[0], 'actSigned', args), 'NotAllowed');
    });

    it('A17: lets nobody sign for a payment without a buyer', async () => {
      const terms = await paid(world(), mode, { buyer: ZERO_ADDRESS });
      await world().rejects(freeze(terms), 'BadSignature');
      const garbage = `0x7e${'11'.repeat(64)}`;
      const args = [terms, ACTION.freeze, (await world().chain.now()) + DAY, garbage];
      await world().rejects(world().act(stranger, 'actSigned', args), 'BadSignature');
    });

    it('A17: reverts for the wrong action, named or signed', async () => {
      const { terms } = await delivered(world(), mode);
      for (const action of [0, 3, 255]) {
        await world().rejects(actSigned(world(), terms, action, SELLER), 'NotAllowed');
      }
      const open = await funded(world(), mode);
      await rejectsEach(
        world(),
        [
          ['a mark shown as a freeze', () => forged(terms, ACTION.freeze, { action: ACTION.markDelivered }, [SELLER])],
          ['a freeze shown as a mark', () => forged(open, ACTION.markDelivered, { action: ACTION.freeze }, [SELLER])],
        ],
        'BadSignature',
      );
    });

    it('A17: reverts with the signature for another payment or another time', async () => {
      const [terms, other] = [await funded(world(), mode), await funded(world(), mode)];
      const now = await world().chain.now();
      await rejectsEach(
        world(),
        [
          ['mark', () => forged(terms, ACTION.markDelivered, { id: world().idOf(other) }, [SELLER])],
          ['freeze', () => forged(terms, ACTION.freeze, { id: world().idOf(other) }, [BUYER])],
          ['time', () => forged(terms, ACTION.freeze, { validUntil: now + 2 * DAY }, [BUYER])],
        ],
        'BadSignature',
      );
    });

    it('A17: reverts when the message is expired or still asleep', async () => {
      const terms = await funded(world(), mode);
      const now = await world().chain.now();
      for (const validUntil of [0, now, now + 31 * DAY]) {
        await world().rejects(mark(terms, SELLER, { validUntil }), 'Expired');
        await world().rejects(freeze(terms, BUYER, { validUntil }), 'Expired');
      }
    });

    it('A17: reverts outside the window of the call itself', async () => {
      const { terms: inspected, clock } = await delivered(world(), mode);
      const end = clock + inspected.inspection + 1;
      await world().chain.setNextTime(end);
      for (const item of [BUYER, SELLER]) {
        await world().rejects(freeze(inspected, item, { validUntil: end + DAY }), 'TooLate');
      }
      const terms = await funded(world(), mode);
      const late = terms.deliverBy + 1;
      await world().chain.setNextTime(late);
      await world().rejects(mark(terms, SELLER, { validUntil: late + DAY }), 'TooLate');
      await world().rejects(freeze(terms, BUYER, { validUntil: late + DAY }), 'TooLate');
    });

    it('A17: reverts when it is broadcast twice, and starts no clock anew', async () => {
      const { terms, clock } = await delivered(world(), mode);
      await world().rejects(mark(terms), 'WrongStatus');
      expect((await world().payment(terms)).clock).to.equal(BigInt(clock));
      const fresh = await funded(world(), mode);
      const validUntil = (await world().chain.now()) + DAY;
      const digest = world().digest(ACT_TYPES, { id: world().idOf(fresh), action: ACTION.freeze, validUntil });
      const send = () =>
        world().act(stranger, 'actSigned', [fresh, ACTION.freeze, validUntil, signItems(digest, [BUYER])]);
      await send();
      const after = await custodyOf(world(), fresh);
      await world().rejects(send(), 'WrongStatus');
      expect(await custodyOf(world(), fresh)).to.deep.equal(after);
    });

    it('A17: reverts given the payment is disputed or closed', async () => {
      const { terms } = await frozen(world(), mode);
      const closed = await paid(world(), mode);
      await world().settle(closed, { toSeller: PRICE, toBuyer: 0n });
      await world().rejects(mark(terms), 'WrongStatus');
      await world().rejects(freeze(terms), 'WrongStatus');
      await world().payVault(closed);
      await world().rejects(mark(closed), 'WrongStatus');
      await world().rejects(freeze(closed), 'WrongStatus');
    });
  });
}
