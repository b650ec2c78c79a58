import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { pause } from '../lifeStages.ts';
import { custodyOf, eventsOf, rejectsEach } from '../observed.ts';
import { signerOff } from '../signedActs.ts';

const SURPLUS = 5n;
const { buyer, seller, signers, stranger, guardian, treasury, refundTo, deployer } = roles;

for (const asset of ['a token', 'native coin'] as const) {
  describe(`attacks by a sweep of ${asset}`, () => {
    const world = useEscrowWorld();

    async function inVault(held = PRICE): Promise<Terms> {
      const terms = await world().terms(asset === 'a token' ? {} : { token: ZERO_ADDRESS });
      await world().payVault(terms, held);
      return terms;
    }
    const sweep = (terms: Terms, from = seller) => world().act(from, 'sweep', [terms]);
    async function refused(terms: Terms, error: string, name = ''): Promise<void> {
      for (const from of [buyer, seller, ...signers]) {
        await rejectsEach(world(), [[`${name} by ${from.address}`, () => sweep(terms, from)]], error);
      }
    }

    it('A7: reverts when anybody but a party or an active signer sweeps', async () => {
      const terms = await inVault();
      const before = await custodyOf(world(), terms);
      await signerOff(world(), 2);
      for (const from of [stranger, guardian, treasury, refundTo, deployer, signers[2]]) {
        await world().rejects(sweep(terms, from), 'NotAllowed');
      }
      expect(await custodyOf(world(), terms)).to.deep.equal(before);
    });

    it('A7: reverts while paused, whoever may sweep otherwise', async () => {
      const terms = await inVault();
      await pause(world());
      await refused(terms, 'Paused');
      await world().act(guardian, 'unpause', []);
      await sweep(terms);
      expect((await world().payment(terms)).status).to.equal(STATUS.funded);
    });

    it('A7: reverts one second after deliverBy, whoever may sweep otherwise', async () => {
      const terms = await inVault();
      await world().chain.setNextTime(terms.deliverBy + 1);
      await refused(terms, 'TooLate');
    });

    it('A7: reverts on a used id in every status and mode, although the vault holds the amount again', async () => {
      const part = { toSeller: 100n, toBuyer: 0n };
      const uses: Record<string, (terms: Terms) => Promise<unknown>> = {
        'a vault record': (terms) => world().settle(terms, part),
        delivered: (terms) => world().act(seller, 'markDelivered', [terms]),
        frozen: (terms) => world().act(buyer, 'freeze', [terms]),
        swept: (terms) => sweep(terms),
        funded: (terms) => world().fund(terms),
        'closed from the vault': (terms) => world().settle(terms, { toSeller: PRICE, toBuyer: 0n }),
        recovered: (terms) => world().act(seller, 'recover', [terms, terms.token]),
      };
      for (const [use, act] of Object.entries(uses)) {
        const terms = await inVault();
        await act(terms);
        await world().payVault(terms);
        const before = await custodyOf(world(), terms);
        await refused(terms, 'WrongStatus', use);
        expect(await custodyOf(world(), terms), use).to.deep.equal(before);
      }
    });

    it('A7: moves exactly the amount when it is legal, keeps seq and bumps, and leaves the surplus', async () => {
      for (const from of [buyer, seller, signers[1]]) {
        const terms = await inVault(PRICE + SURPLUS);
        const id = world().idOf(terms);
        for (let bump = 0; bump < 2; bump += 1) await world().act(signers[0], 'bumpSeq', [id]);
        const before = await custodyOf(world(), terms);
        expect(eventsOf(world(), await sweep(terms, from))).to.deep.equal([
          ['Funded', id, terms.buyer, terms.seller, PRICE, 1n],
        ]);
        const after = await custodyOf(world(), terms);
        expect([after.escrow - before.escrow, after.owed - before.owed, after.vault]).to.deep.equal([
          PRICE,
          PRICE,
          SURPLUS,
        ]);
        expect(await world().payment(terms)).to.deep.equal({
          remaining: PRICE,
          released: 0n,
          clock: 0n,
          seq: 2n,
          status: STATUS.funded,
          inVault: false,
          vaultDeployed: true,
          bumps: 2n,
        });
        await world().rejects(world().settle(terms, { toSeller: PRICE, toBuyer: 0n, seq: 0 }), 'WrongSeq');
      }
    });
  });
}
