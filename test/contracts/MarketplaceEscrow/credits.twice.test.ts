import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { type Item, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { MODES } from '../lifeStages.ts';
import { useToken } from '../mocks.ts';
import { blacklist, moneyOf, useReceiver } from '../payouts.ts';
import { reported } from '../reported.ts';
import { ACCOUNT_TAG, redirectCredit, redirectVaultCredit, rotate, signerOff, signRedirect } from '../signedActs.ts';

const { buyer, seller, signers, stranger, guardian, treasury } = roles;
const HALF = PRICE / 2n;
const TO = roles.deployer.address;
const SELLER: Item = [ACCOUNT_TAG, seller];

for (const mode of MODES) {
  describe(`MarketplaceEscrow credits, ${mode} mode`, () => {
    const world = useEscrowWorld();

    beforeEach(() => useToken(world(), 'UsdcLikeToken'));

    /** A payment of which both halves were refused and stayed as credits. */
    async function credited(): Promise<Terms> {
      const terms = await world().terms({ feeBps: 0 });
      await world().pay(terms, mode);
      for (const account of [terms.seller, terms.refundTo]) await blacklist(world(), account);
      await world().settle(terms, { toSeller: HALF, toBuyer: HALF });
      return terms;
    }
    async function letGo(terms: Terms): Promise<void> {
      for (const account of [terms.seller, terms.refundTo]) await blacklist(world(), account, false);
    }
    function withdraw(terms: Terms, account = terms.seller) {
      if (mode === 'vault') return world().act(stranger, 'payVaultCredit', [terms]);
      return world().act(stranger, 'withdrawCredit', [account, terms.token]);
    }
    function redirect(terms: Terms, items: readonly Item[], amount = HALF, to = TO) {
      if (mode === 'vault') return redirectVaultCredit(world(), terms, { sellerShare: true, to, amount }, items);
      return redirectCredit(world(), { account: terms.seller, token: terms.token, to, amount }, items);
    }
    const untouched = { seller: 0n, refundTo: 0n };

    it('P5: pays a credit once, whoever calls, and reverts the second time', async () => {
      const terms = await credited();
      const [first, second] = [await moneyOf(world(), terms), await moneyOf(world(), await credited())];
      expect(first).to.include(untouched);
      expect(second.status).to.equal(STATUS.closed);
      await letGo(terms);
      const paid = mode === 'pool' ? PRICE : HALF;
      const receipt = await withdraw(terms);
      expect(reported(world(), receipt)[0]).to.deep.equal(
        mode === 'pool'
          ? ['CreditWithdrawn', terms.seller, terms.token, paid]
          : ['VaultCreditPaid', world().idOf(terms), terms.seller, paid],
      );
      if (mode === 'pool') await withdraw(terms, terms.refundTo);
      for (const account of [terms.seller, terms.refundTo]) {
        await world().rejects(withdraw(terms, account), 'Nothing');
        expect(await world().balance(account)).to.equal(paid);
      }
      // In the pool the credit of an account is one sum; a vault keeps the shares of its own payment.
      expect(await moneyOf(world(), terms)).to.include({
        owed: 0n,
        vault: 0n,
        sellerCredit: 0n,
        refundToCredit: 0n,
        sellerShare: 0n,
        refundToShare: 0n,
      });
    });

    it('P5: reverts for a credit that was redirected, and redirects nothing of one that was withdrawn', async () => {
      const terms = await credited();
      await redirect(terms, [[0, signers[0]], SELLER]);
      await letGo(terms);
      if (mode === 'vault') await withdraw(terms);
      else {
        await world().rejects(withdraw(terms), 'Nothing');
        await withdraw(terms, terms.refundTo);
      }
      expect(await moneyOf(world(), terms)).to.include({ seller: 0n, refundTo: HALF, owed: 0n, vault: 0n });
      await world().rejects(redirect(terms, [[0, signers[0]], SELLER], 1n), 'WrongAmount');
      expect(await world().balance(TO)).to.equal(HALF);
    });

    it('P5: never pays more than the credit by parts, withdrawn and redirected in turn', async () => {
      const terms = await credited();
      const items: Item[] = [[2, signers[2]], SELLER];
      await redirect(terms, items, 1n);
      await world().rejects(redirect(terms, items, HALF), 'WrongAmount');
      await redirect(terms, items, HALF - 1n);
      await world().rejects(redirect(terms, items, 1n), 'WrongAmount');
      expect(await world().balance(TO)).to.equal(HALF);
      expect(await moneyOf(world(), terms)).to.include({ sellerCredit: 0n, sellerShare: 0n });
    });

    it('P5: reverts a redirect without the co-signature of exactly one signer', async () => {
      const terms = await credited();
      const sets: Item[][] = [
        [],
        [SELLER],
        [[0, seller], SELLER],
        [[0, guardian], SELLER],
        [[3, stranger], SELLER],
        [[0, signers[1]], SELLER],
        [[0, signers[0]], [1, signers[1]], SELLER],
        [SELLER, [0, signers[0]]],
      ];
      for (const items of sets) await world().rejects(redirect(terms, items), 'BadSignature');
      // Nor does the account itself, when it calls.
      const move = { account: terms.seller, token: terms.token, to: TO, amount: HALF };
      const { validUntil, signatures } = await signRedirect(world(), move, []);
      const args =
        mode === 'pool'
          ? [terms.seller, terms.token, TO, HALF, validUntil, signatures]
          : [terms, true, TO, HALF, validUntil, signatures];
      const verb = mode === 'pool' ? 'redirectCredit' : 'redirectVaultCredit';
      await world().rejects(world().act(seller, verb, args), 'BadSignature');
      expect(await moneyOf(world(), terms)).to.include({ ...untouched, sellerCredit: mode === 'pool' ? HALF : 0n });
    });

    it('P5: reverts a redirect without the account, whoever else signs or calls', async () => {
      const terms = await credited();
      const signer: Item = [0, signers[0]];
      const sets: Item[][] = [
        [signer],
        [signer, [ACCOUNT_TAG, stranger]],
        [signer, [ACCOUNT_TAG, buyer]],
        [signer, [ACCOUNT_TAG, signers[0]]],
        // The parties' tags are for settlements; here only the account's own counts.
        [signer, [0x7f, seller]],
        [signer, [0x7e, buyer]],
        [signer, SELLER, [0x7f, seller]],
      ];
      for (const items of sets) await world().rejects(redirect(terms, items), 'BadSignature');
      const move = { account: terms.seller, token: terms.token, to: TO, amount: HALF };
      const { validUntil, signatures } = await signRedirect(world(), move, [signer]);
      const args =
        mode === 'pool'
          ? [terms.seller, terms.token, TO, HALF, validUntil, signatures]
          : [terms, true, TO, HALF, validUntil, signatures];
      const verb = mode === 'pool' ? 'redirectCredit' : 'redirectVaultCredit';
      for (const from of [buyer, guardian, treasury, signers[0]]) {
        await world().rejects(world().act(from, verb, args), 'BadSignature');
      }
      // The account itself need not sign its own call.
      await world().act(seller, verb, args);
      expect(await world().balance(TO)).to.equal(HALF);
    });

    it('P5: reverts a redirect by a signer who was switched off or replaced', async () => {
      const terms = await credited();
      await signerOff(world(), 2);
      await world().rejects(redirect(terms, [[2, signers[2]], SELLER]), 'BadSignature');
      await rotate(world(), { index: 1, account: stranger.address });
      await world().chain.setNextTime((await world().chain.now()) + 172_801);
      await world().act(stranger, 'executeRotation', [1]);
      await world().rejects(redirect(terms, [[1, signers[1]], SELLER]), 'BadSignature');
      await redirect(terms, [[1, stranger], SELLER]);
      expect(await world().balance(TO)).to.equal(HALF);
    });

    it('P5: reverts a redirect to nobody, to the escrow, of nothing, or of more than there is', async () => {
      const terms = await credited();
      const items: Item[] = [[0, signers[0]], SELLER];
      for (const to of [ZERO_ADDRESS, world().escrow.address]) {
        await world().rejects(redirect(terms, items, HALF, to), 'NotAllowed');
      }
      await world().rejects(redirect(terms, items, 0n), 'WrongAmount');
      await world().rejects(redirect(terms, items, HALF + 1n), 'WrongAmount');
    });

    it('P5: pays native coin once, to a receiver who refused it before and calls back now', async () => {
      const receiver = await useReceiver(world());
      await world().send(receiver, stranger, 'setRefuses', [true]);
      const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address, feeBps: 0 });
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: HALF, toBuyer: 0n });
      await world().send(receiver, stranger, 'setRefuses', [false]);
      const again = world().escrow.abi.encodeFunctionData('withdrawCredit', [receiver.address, ZERO_ADDRESS]);
      await world().send(receiver, stranger, 'setCall', [world().escrow.address, again]);
      await withdraw(terms);
      expect(await world().balance(receiver.address, ZERO_ADDRESS)).to.equal(HALF);
      const reentered = world().escrow.abi.getError('Reentered')?.selector;
      expect((await world().read(receiver, 'callError'))[0]).to.equal(reentered);
      await world().rejects(withdraw(terms), 'Nothing');
      expect((await world().payment(terms)).remaining).to.equal(HALF);
    });
  });
}
