import { expect } from 'chai';
import type { BaseWallet } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { pause } from '../lifeStages.ts';
import { HOSTILE, useToken } from '../mocks.ts';
import { custodyOf, eventsOf, rejectsEach } from '../observed.ts';
import { MODES, plainAccount, useReceiver } from '../payouts.ts';

const { seller, stranger, refundTo, deployer, buyer } = roles;
const RELEASED = PRICE / 4n;

for (const mode of MODES) {
  describe(`MarketplaceEscrow.refundLater, ${mode} mode`, () => {
    const world = useEscrowWorld();

    /** A payment of which a quarter was released; it is open still, or closed by a refund of the rest. */
    async function released(changes: Partial<Terms> = {}, closed = false): Promise<Terms> {
      const terms = await world().terms(changes);
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: RELEASED, toBuyer: closed ? PRICE - RELEASED : 0n });
      return terms;
    }
    /** A payer with money of his own who allowed the escrow to take it. */
    async function give(terms: Terms, amount: bigint, from: BaseWallet = stranger) {
      if (terms.token === ZERO_ADDRESS) return world().act(from, 'refundLater', [terms, amount], amount);
      await world().mint(from.address, amount);
      await world().send(world().token, from, 'approve', [world().escrow.address, amount]);
      return world().act(from, 'refundLater', [terms, amount]);
    }
    const sum = async (terms: Terms) => (await world().read(world().escrow, 'refundedLater', [world().idOf(terms)]))[0];

    it('A29: brings a release back straight to refundTo and never touches the record, open or closed', async () => {
      for (const token of [world().token.address, ZERO_ADDRESS]) {
        for (const closed of [false, true]) {
          const terms = await released({ token }, closed);
          const [custody, balance] = [await custodyOf(world(), terms), await world().balance(terms.refundTo, token)];
          for (const [amount, after] of [
            [RELEASED - 1n, RELEASED - 1n],
            [1n, RELEASED],
          ] as const) {
            expect(eventsOf(world(), await give(terms, amount))).to.deep.equal([
              ['RefundedLater', world().idOf(terms), stranger.address, amount],
            ]);
            expect(await sum(terms)).to.equal(after);
            expect((await world().balance(terms.refundTo, token)) - balance).to.equal(after);
            expect(await custodyOf(world(), terms)).to.deep.equal(custody);
          }
          expect(custody.status).to.equal(closed ? STATUS.closed : STATUS.funded);
        }
      }
    });

    it('A29: reverts above what was released, in one sum or in several, and for nothing', async () => {
      for (const token of [world().token.address, ZERO_ADDRESS]) {
        const terms = await released({ token });
        await world().rejects(give(terms, RELEASED + 1n), 'WrongAmount');
        await world().rejects(give(terms, 0n), 'WrongAmount');
        await give(terms, RELEASED);
        await world().rejects(give(terms, 1n), 'WrongAmount');
        // A further release is a further sum that can come back.
        await world().settle(terms, { toSeller: 2n, toBuyer: 0n });
        await world().rejects(give(terms, 3n), 'WrongAmount');
        await give(terms, 2n);
        expect(await sum(terms)).to.equal(RELEASED + 2n);
      }
    });

    it('A29: reverts before any release, without a record, open, refunded or recovered', async () => {
      const states: Record<string, (terms: Terms) => Promise<unknown>> = {
        'without a record': async () => undefined,
        paid: (terms) => world().pay(terms, mode),
        frozen: async (terms) => {
          await world().pay(terms, mode);
          await world().act(buyer, 'freeze', [terms]);
        },
        refunded: async (terms) => {
          await world().pay(terms, mode);
          await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
        },
        recovered: async (terms) => {
          await world().payVault(terms);
          await world().act(seller, 'recover', [terms, terms.token]);
        },
      };
      for (const [state, bring] of Object.entries(states)) {
        const terms = await world().terms();
        await bring(terms);
        await rejectsEach(world(), [[state, () => give(terms, 1n)]], 'WrongAmount');
        expect(await sum(terms), state).to.equal(0n);
      }
    });

    it('A29: reverts when the token keeps a fee, or adds something', async () => {
      await useToken(world(), 'HostileToken');
      const terms = await world().terms();
      await world().mint(mode === 'pool' ? buyer.address : await world().vaultOf(terms), PRICE);
      if (mode === 'pool') await world().act(buyer, 'fund', [terms]);
      await world().settle(terms, { toSeller: RELEASED, toBuyer: 0n });
      await world().mint(stranger.address, 1_000n);
      for (const fault of ['fee', 'generous', 'falseUnmoved', 'reverting'] as const) {
        await world().send(world().token, deployer, 'setMode', [HOSTILE[fault]]);
        const call = () => world().act(stranger, 'refundLater', [terms, 100n]);
        await rejectsEach(world(), [[fault, call]], 'WrongInflow');
      }
      expect(await sum(terms)).to.equal(0n);
    });

    it('A29: reverts when refundTo pays itself in a token, which would bring nothing back', async () => {
      const terms = await released();
      await world().rejects(give(terms, 100n, refundTo), 'WrongInflow');
      expect(await sum(terms)).to.equal(0n);
    });

    it('A29: reverts when the caller allowed less, or has less', async () => {
      const terms = await released();
      await world().mint(stranger.address, 100n);
      await world().rejects(world().act(stranger, 'refundLater', [terms, 100n]), 'WrongInflow');
      await world().send(world().token, stranger, 'approve', [world().escrow.address, 101n]);
      await world().rejects(world().act(stranger, 'refundLater', [terms, 101n]), 'WrongInflow');
      // Nobody brings the money of another, who allowed the escrow to take it.
      await world().rejects(world().act(seller, 'refundLater', [terms, 100n + RELEASED]), 'WrongAmount');
      expect(await world().balance(stranger.address)).to.equal(100n);
    });

    it('A29: takes native coin of exactly the amount, and none beside a token', async () => {
      const native = await released({ token: ZERO_ADDRESS });
      const call = (terms: Terms, value: bigint) => world().act(stranger, 'refundLater', [terms, 100n], value);
      for (const value of [0n, 99n, 101n]) await world().rejects(call(native, value), 'WrongValue');
      await world().rejects(call(await released(), 100n), 'WrongValue');
      const before = await world().balance(native.refundTo, ZERO_ADDRESS);
      await call(native, 100n);
      expect((await world().balance(native.refundTo, ZERO_ADDRESS)) - before).to.equal(100n);
    });

    it('A29: passes native coin on with all gas, and reverts without a credit when refundTo refuses it', async () => {
      const receiver = await useReceiver(world());
      const terms = await released({ token: ZERO_ADDRESS, refundTo: receiver.address });
      await world().send(receiver, stranger, 'setRefuses', [true]);
      const before = await custodyOf(world(), terms);
      await world().rejects(give(terms, 100n), 'PushFailed');
      expect([await sum(terms), await custodyOf(world(), terms)]).to.deep.equal([0n, before]);
      await world().send(receiver, stranger, 'setRefuses', [false]);
      await give(terms, 100n);
      expect(await world().balance(receiver.address, ZERO_ADDRESS)).to.equal(100n);
    });

    it('A29: works while paused and for ever after, by whoever brings the money', async () => {
      const terms = await released({ refundTo: plainAccount(29) }, true);
      await pause(world());
      await give(terms, 1n, seller);
      await world().chain.setNextTime(terms.deliverBy + 10_000_000);
      await give(terms, 1n, buyer);
      expect(await world().balance(terms.refundTo)).to.equal(PRICE - RELEASED + 2n);
    });
  });
}
