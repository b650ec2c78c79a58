import { expect } from 'chai';
import { REDIRECT_TYPES, type Terms } from '../escrowTerms.ts';
import { DAY, type Deployed, PRICE, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { ANSWER, deployMock, useToken } from '../mocks.ts';
import { custodyOf, eventsOf, rejectsEach } from '../observed.ts';
import { blacklist, MODES, plainAccount, useReceiver } from '../payouts.ts';
import { type SignatureItem, signItems, wholeSignature } from '../signatureItems.ts';
import { ACCOUNT_TAG, redirectCredit, redirectVaultCredit, signRedirect, type Timing } from '../signedActs.ts';

const { seller, buyer, signers, stranger, treasury } = roles;
const SIGNER: SignatureItem = [1, signers[1]];
const ACCOUNT: SignatureItem = [ACCOUNT_TAG, seller];
const TO = plainAccount(24);

for (const mode of MODES) {
  describe(`attacks on a credit, ${mode} mode`, () => {
    const world = useEscrowWorld();

    /** A closed payment whose whole release could not be pushed to the seller. */
    async function credited(sellerAddress = seller.address): Promise<Terms> {
      await useToken(world(), 'UsdcLikeToken');
      const terms = await world().terms({ feeBps: 0, seller: sellerAddress });
      await world().pay(terms, mode);
      await blacklist(world(), terms.seller);
      await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
      return terms;
    }
    const withdraw = (terms: Terms) =>
      mode === 'pool'
        ? world().act(stranger, 'withdrawCredit', [terms.seller, terms.token])
        : world().act(stranger, 'payVaultCredit', [terms]);
    async function redirect(
      terms: Terms,
      items: readonly SignatureItem[],
      timing: Timing = {},
      to = TO,
      amount = PRICE,
    ) {
      const { seller: account, token } = terms;
      return mode === 'pool'
        ? redirectCredit(world(), { account, token, to, amount }, items, timing)
        : redirectVaultCredit(world(), terms, { sellerShare: true, to, amount }, items, timing);
    }
    /** The call of a redirect by an account of its own, with the items of others. */
    async function redirectCall(terms: Terms, items: readonly SignatureItem[]): Promise<[method: string, unknown[]]> {
      const { seller: account, token } = terms;
      const { validUntil, signatures } = await signRedirect(world(), { account, token, to: TO, amount: PRICE }, items);
      const end = [TO, PRICE, validUntil, signatures];
      return mode === 'pool'
        ? ['redirectCredit', [account, token, ...end]]
        : ['redirectVaultCredit', [terms, true, ...end]];
    }
    async function redirected(terms: Terms): Promise<void> {
      expect(await world().balance(TO)).to.equal(PRICE);
      expect(await world().balance(terms.seller)).to.equal(0n);
      expect(await custodyOf(world(), terms)).to.include({ escrow: 0n, vault: 0n, owed: 0n, sellerCredit: 0n });
      expect((await custodyOf(world(), terms)).sellerShare).to.equal(0n);
    }

    it('A24: pays a creditor that cannot call to itself when a stranger triggers it', async () => {
      const receiver = await useReceiver(world());
      await world().send(receiver, stranger, 'setRefuses', [true]);
      const terms = await world().terms({ token: ZERO_ADDRESS, feeBps: 0, seller: receiver.address });
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
      await world().rejects(withdraw(terms), mode === 'pool' ? 'PushFailed' : 'Nothing');
      await world().send(receiver, stranger, 'setRefuses', [false]);
      const paid =
        mode === 'pool'
          ? ['CreditWithdrawn', receiver.address, ZERO_ADDRESS, PRICE]
          : ['VaultCreditPaid', world().idOf(terms), receiver.address, PRICE];
      expect(eventsOf(world(), await withdraw(terms))).to.deep.equal([paid]);
      expect(await world().balance(receiver.address, ZERO_ADDRESS)).to.equal(PRICE);
      await world().rejects(withdraw(terms), 'Nothing');
    });

    it('A24: sends a co-signed redirect elsewhere, once', async () => {
      const terms = await credited();
      const paid =
        mode === 'pool'
          ? ['CreditWithdrawn', terms.seller, terms.token, PRICE]
          : ['VaultCreditPaid', world().idOf(terms), terms.seller, PRICE];
      const nonce = 0n;
      expect(eventsOf(world(), await redirect(terms, [SIGNER, ACCOUNT], { nonce }))).to.deep.equal([
        paid,
        ['Redirected', terms.seller, terms.token, TO, PRICE],
      ]);
      await redirected(terms);
      await world().rejects(redirect(terms, [SIGNER, ACCOUNT], { nonce }), 'BadSignature');
      await world().rejects(redirect(terms, [SIGNER, ACCOUNT]), 'WrongAmount');
    });

    it('A24: takes the account’s consent by ERC-1271, and refuses it when the wallet does', async () => {
      const wallet = await deployMock(world(), 'Erc1271Wallet', [buyer.address]);
      const terms = await credited(wallet.address);
      const validUntil = (await world().chain.now()) + DAY;
      const message = { account: wallet.address, token: terms.token, to: TO, amount: PRICE, nonce: 0n, validUntil };
      const digest = world().digest(REDIRECT_TYPES, message);
      const items = (by = buyer): SignatureItem[] => [SIGNER, [ACCOUNT_TAG, wholeSignature(digest, by)]];
      await world().rejects(redirect(terms, items(stranger), { validUntil }), 'BadSignature');
      await answerOf(wallet, ANSWER.never);
      await world().rejects(redirect(terms, items(), { validUntil }), 'BadSignature');
      await answerOf(wallet, ANSWER.ownersKey);
      // A compact item of the owner is no consent of the wallet.
      await world().rejects(redirect(terms, [SIGNER, [ACCOUNT_TAG, buyer]], { validUntil }), 'BadSignature');
      await redirect(terms, items(), { validUntil });
      await redirected(terms);
    });
    const answerOf = (wallet: Deployed, answer: number) => world().send(wallet, stranger, 'setAnswer', [answer]);

    it('A24: needs no signature of an account that calls, but the signer’s always', async () => {
      const wallet = await deployMock(world(), 'Erc1271Wallet', [buyer.address]);
      const terms = await credited(wallet.address);
      const call = async (items: readonly SignatureItem[]) => {
        const [method, args] = await redirectCall(terms, items);
        const data = world().escrow.abi.encodeFunctionData(method, args);
        return world().send(wallet, stranger, 'execute', [world().escrow.address, 0n, data]);
      };
      await world().rejects(call([]), 'BadSignature');
      await call([SIGNER]);
      await redirected(terms);
    });

    it('A24: reverts without the signer, without the account, or with anybody else’s signature', async () => {
      const terms = await credited();
      const sets: Record<string, readonly SignatureItem[]> = {
        nobody: [],
        'the account alone': [ACCOUNT],
        'a signer alone': [SIGNER],
        'all signers': signers.map((signer, index) => [index, signer] as const),
        'two signers and the account': [[0, signers[0]], SIGNER, ACCOUNT],
        'the account first': [ACCOUNT, SIGNER],
        'a stranger as signer': [[1, stranger], ACCOUNT],
        'a stranger as account': [SIGNER, [ACCOUNT_TAG, stranger]],
        'the account under the tag of the seller': [SIGNER, [0x7f, seller]],
      };
      await rejectsEach(
        world(),
        Object.entries(sets).map(([name, items]) => [name, () => redirect(terms, items)]),
        'BadSignature',
      );
      const [method, args] = await redirectCall(terms, []);
      await world().rejects(world().act(seller, method, args), 'BadSignature');
    });

    it('A24: reverts with another nonce, receiver, amount or token than was signed', async () => {
      const terms = await credited();
      for (const nonce of [1n, 2n ** 64n]) {
        await world().rejects(redirect(terms, [SIGNER, ACCOUNT], { nonce }), 'BadSignature');
      }
      const validUntil = (await world().chain.now()) + DAY;
      const message = { account: terms.seller, token: terms.token, to: TO, amount: PRICE, nonce: 0n, validUntil };
      for (const change of [{ to: treasury.address }, { amount: 1n }, { token: ZERO_ADDRESS }, { account: TO }]) {
        const digest = world().digest(REDIRECT_TYPES, { ...message, ...change });
        const end = [TO, PRICE, validUntil, signItems(digest, [SIGNER, ACCOUNT])];
        const [method, args] =
          mode === 'pool'
            ? (['redirectCredit', [terms.seller, terms.token, ...end]] as const)
            : (['redirectVaultCredit', [terms, true, ...end]] as const);
        await world().rejects(world().act(stranger, method, [...args]), 'BadSignature');
      }
    });

    it('A24: reverts to zero, to the escrow, of nothing, and of more than the credit', async () => {
      const terms = await credited();
      for (const to of [ZERO_ADDRESS, world().escrow.address]) {
        await world().rejects(redirect(terms, [SIGNER, ACCOUNT], {}, to), 'NotAllowed');
      }
      for (const amount of [0n, PRICE + 1n, 2n ** 128n]) {
        await world().rejects(redirect(terms, [SIGNER, ACCOUNT], {}, TO, amount), 'WrongAmount');
      }
      await redirect(terms, [SIGNER, ACCOUNT], {}, TO, 1n);
      expect(await world().balance(TO)).to.equal(1n);
    });
  });
}
