import { expect } from 'chai';
import { DAY, PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';

const releaseAll = { toSeller: PRICE, toBuyer: 0n };
const refundAll = { toSeller: 0n, toBuyer: PRICE };

for (const mode of ['pool', 'vault'] as const) {
  describe(`MarketplaceEscrow.settle in its turn, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('S1: reverts when the same payload is sent again after it settled a part', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, { toSeller: 1n, toBuyer: 0n });
      const args = [terms, settle, world().sign(settle)];
      await world().act(roles.stranger, 'settle', args);
      await world().rejects(world().act(roles.stranger, 'settle', args), 'WrongSeq');
    });

    it('S1: reverts when the payload that closed the payment is sent again, though the vault is paid again', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, releaseAll);
      const args = [terms, settle, world().sign(settle)];
      await world().act(roles.stranger, 'settle', args);
      await world().payVault(terms);
      const before = await world().balance(terms.seller);
      await world().rejects(world().act(roles.stranger, 'settle', args), 'WrongSeq');
      expect(await world().balance(terms.seller)).to.equal(before);
    });

    it('S8: lets only the first of two payloads with the same seq land', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const release = await world().settlement(terms, releaseAll);
      const refund = await world().settlement(terms, refundAll);
      await world().act(roles.stranger, 'settle', [terms, refund, world().sign(refund)]);
      await world().rejects(world().act(roles.stranger, 'settle', [terms, release, world().sign(release)]), 'WrongSeq');
      expect(await world().balance(terms.seller)).to.equal(0n);
    });

    it('S8: reverts when the seq is behind or ahead', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      for (const seq of [0, 2]) {
        await world().rejects(world().settle(terms, { toSeller: 1n, toBuyer: 0n, seq }), 'WrongSeq');
      }
    });

    it('reverts given the payment is closed', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, releaseAll);
      await world().payVault(terms);
      await world().rejects(world().settle(terms, releaseAll), 'WrongStatus');
    });

    it('S1: reverts when the payload was signed for another payment of the same amount', async () => {
      const terms = await world().terms();
      const other = await world().terms();
      await world().pay(terms, mode);
      await world().pay(other, mode);
      const settle = await world().settlement(other, releaseAll);
      await world().rejects(
        world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]),
        'BadSignature',
      );
    });

    it('S1: reverts when the payload was signed for another chain', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, releaseAll);
      const signatures = world().sign(settle, undefined, 56n);
      await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, signatures]), 'BadSignature');
    });

    it('S1: reverts when the payload was signed for another escrow', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, releaseAll);
      const here = world().escrow;
      world().escrow = await world().deployEscrow();
      const signatures = world().sign(settle);
      world().escrow = here;
      await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, signatures]), 'BadSignature');
    });

    it('S8: reverts when the payload is expired or still asleep', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const now = (await world().chain.now()) + 10;
      for (const [index, offset] of [-1, 30 * DAY + 1, -now].entries()) {
        const settle = await world().settlement(terms, {
          ...releaseAll,
          validUntil: Math.max(0, now + index + offset),
        });
        await world().chain.setNextTime(now + index);
        await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]), 'Expired');
      }
    });

    it('accepts the first and the last valid second', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const now = (await world().chain.now()) + 10;
      for (const [seq, validUntil] of [now, now + 1 + 30 * DAY].entries()) {
        const settle = await world().settlement(terms, { toSeller: 1n, toBuyer: 0n, validUntil });
        await world().chain.setNextTime(now + seq);
        await world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]);
      }
      expect((await world().payment(terms)).seq).to.equal(2n);
    });

    it('S8: lets a payload with a seq that is ahead land in its turn', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const [first, second] = [
        await world().settlement(terms, { toSeller: 1n, toBuyer: 0n, seq: 0 }),
        await world().settlement(terms, { toSeller: PRICE - 1n, toBuyer: 0n, seq: 1 }),
      ];
      await world().rejects(world().act(roles.stranger, 'settle', [terms, second, world().sign(second)]), 'WrongSeq');
      for (const settle of [first, second]) {
        await world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]);
      }
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });
  });
}
