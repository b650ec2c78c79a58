import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { eventsOf } from '../observed.ts';
import { moneyOf } from '../payouts.ts';

const { buyer, seller, stranger } = roles;
const HALF = { toSeller: PRICE / 2n, toBuyer: 0n };
const ALL = { toSeller: PRICE, toBuyer: 0n };

for (const asset of ['a token', 'native coin'] as const) {
  describe(`attacks by a second payment of ${asset}`, () => {
    const world = useEscrowWorld();

    async function terms(): Promise<Terms> {
      return world().terms(asset === 'a token' ? {} : { token: ZERO_ADDRESS });
    }

    /** The second forward arrives; anybody sends it to `refundTo`, and nothing else of the payment changes. */
    async function secondForward(of: Terms, name: string): Promise<void> {
      await world().payVault(of);
      const [money, record] = [await moneyOf(world(), of), await world().payment(of)];
      const receipt = await world().act(stranger, 'recover', [of, of.token]);
      expect(eventsOf(world(), receipt), name).to.deep.equal([
        ['Recovered', world().idOf(of), of.token, of.refundTo, PRICE, false],
      ]);
      expect(await world().payment(of), name).to.deep.equal({ ...record, vaultDeployed: true });
      const changed = { vault: money.vault - PRICE, refundTo: money.refundTo + PRICE };
      expect(await moneyOf(world(), of), name).to.deep.equal({ ...money, ...changed });
      await world().rejects(world().act(stranger, 'recover', [of, of.token]), 'Nothing');
    }

    it('A34: leaves a vault payment as it was before its settlement, in every status', async () => {
      const states: Record<string, (of: Terms) => Promise<unknown>> = {
        unopened: async () => undefined,
        open: (of) => world().settle(of, HALF),
        delivered: (of) => world().act(seller, 'markDelivered', [of]),
        frozen: (of) => world().act(buyer, 'freeze', [of]),
      };
      for (const [state, bring] of Object.entries(states)) {
        const of = await terms();
        await world().payVault(of);
        await bring(of);
        await secondForward(of, state);
        const left = state === 'open' ? PRICE / 2n : PRICE;
        const before = await world().balance(of.seller, of.token);
        await world().settle(of, { toSeller: left, toBuyer: 0n });
        // The fee is 1 % of the whole payment, of which a half may be paid already.
        expect((await world().balance(of.seller, of.token)) - before, state).to.equal(left - left / 100n);
        expect((await world().payment(of)).status, state).to.equal(STATUS.closed);
        expect(await world().balance(await world().vaultOf(of), of.token), state).to.equal(0n);
      }
    });

    it('A34: leaves a pool payment as it was, funded or swept', async () => {
      for (const how of ['funded', 'swept'] as const) {
        const of = await terms();
        if (how === 'funded') await world().fund(of);
        else await world().payVault(of);
        if (how === 'swept') await world().act(seller, 'sweep', [of]);
        await secondForward(of, how);
        expect((await world().payment(of)).remaining, how).to.equal(PRICE);
        await world().settle(of, HALF);
        await secondForward(of, `${how}, half settled`);
      }
    });

    it('A34: pays a second forward after the settlement back, and reopens nothing', async () => {
      for (const mode of ['pool', 'vault'] as const) {
        for (const split of [ALL, { toSeller: 0n, toBuyer: PRICE }]) {
          const of = await terms();
          await world().pay(of, mode);
          await world().settle(of, split);
          await secondForward(of, mode);
          await secondForward(of, `${mode}, again`);
          await world().payVault(of);
          await world().rejects(world().settle(of, ALL), 'WrongStatus');
          await world().rejects(world().act(seller, 'sweep', [of]), 'WrongStatus');
        }
      }
    });

    it('A13: takes nothing any more for a recovered id but to send it back', async () => {
      const of = await terms();
      await world().payVault(of);
      await world().act(seller, 'recover', [of, of.token]);
      await world().payVault(of);
      await world().rejects(world().fund(of), 'WrongStatus');
      await world().rejects(world().settle(of, ALL), 'WrongStatus');
      await world().rejects(world().act(seller, 'markDelivered', [of]), 'WrongStatus');
      await world().rejects(world().act(buyer, 'freeze', [of]), 'WrongStatus');
      await world().rejects(world().act(seller, 'sweep', [of]), 'WrongStatus');
      await world().act(stranger, 'recover', [of, of.token]);
      await secondForward(of, 'recovered');
    });
  });
}
