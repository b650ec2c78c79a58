import { expect } from 'chai';
import { concat, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { type Item, PRICE, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { MODES, type Mode } from '../lifeStages.ts';
import { useToken } from '../mocks.ts';
import { blacklist, plainAccount } from '../payouts.ts';
import { reported } from '../reported.ts';
import { ACCOUNT_TAG, signRedirect } from '../signedActs.ts';

const { buyer, seller, signers, stranger } = roles;
const AMOUNT = 600n;
const TO = roles.treasury.address;
const BOTH: Item[] = [
  [1, signers[1]],
  [ACCOUNT_TAG, seller],
];

/** A redirect as it is signed, and what the broadcaster changes. */
interface Sent {
  token: string;
  to: string;
  amount: bigint;
  validUntil: number;
  signatures: string;
}

describe('MarketplaceEscrow redirects, each once', () => {
  const world = useEscrowWorld();

  beforeEach(() => useToken(world(), 'UsdcLikeToken'));

  /** A share of the seller that was refused, in either custody. */
  async function credited(mode: Mode, amount = PRICE, to = seller.address): Promise<Terms> {
    const terms = await world().terms({ feeBps: 0, amount, seller: to });
    await blacklist(world(), to, false);
    await world().pay(terms, mode);
    await blacklist(world(), to);
    await world().settle(terms, { toSeller: amount, toBuyer: 0n });
    return terms;
  }
  async function signed(changes: Partial<Sent> = {}): Promise<Sent> {
    const order = { token: world().token.address, to: TO, amount: AMOUNT, ...changes };
    const { validUntil, signatures } = await signRedirect(world(), { account: seller.address, ...order }, BOTH);
    return { ...order, validUntil, signatures };
  }
  async function send(terms: Terms, mode: Mode, sent: Sent, account = seller.address) {
    const tail = [sent.to, sent.amount, sent.validUntil, sent.signatures];
    if (mode === 'vault') return world().act(stranger, 'redirectVaultCredit', [terms, true, ...tail]);
    return world().act(stranger, 'redirectCredit', [account, sent.token, ...tail]);
  }
  async function creditOf(terms: Terms, mode: Mode): Promise<bigint> {
    if (mode === 'vault') return (await world().read(world().escrow, 'vaultCredit', [world().idOf(terms)])).seller;
    return (await world().read(world().escrow, 'credits', [seller.address, terms.token]))[0];
  }

  it('S12: pays a redirect once and reverts the second time, in either kind of credit', async () => {
    for (const mode of MODES) {
      const terms = await credited(mode);
      const sent = await signed();
      const before = await world().balance(TO);
      const receipt = await send(terms, mode, sent);
      expect(reported(world(), receipt)).to.deep.equal([
        mode === 'pool'
          ? ['CreditWithdrawn', seller.address, terms.token, AMOUNT]
          : ['VaultCreditPaid', world().idOf(terms), seller.address, AMOUNT],
        ['Redirected', seller.address, terms.token, TO, AMOUNT],
      ]);
      for (let count = 0; count < 2; count += 1) await world().rejects(send(terms, mode, sent), 'BadSignature');
      expect((await world().balance(TO)) - before).to.equal(AMOUNT);
      expect(await creditOf(terms, mode)).to.equal(PRICE - AMOUNT);
    }
  });

  it('S12: pays a redirect out of one kind of credit only, whichever comes first', async () => {
    for (const [first, second] of [MODES, [...MODES].reverse()] as Mode[][]) {
      if (first === undefined || second === undefined) throw new Error('two modes');
      const payments = { [first]: await credited(first), [second]: await credited(second) } as Record<Mode, Terms>;
      const before = await world().balance(TO);
      const held = await creditOf(payments[second], second);
      const sent = await signed();
      await send(payments[first], first, sent);
      await world().rejects(send(payments[second], second, sent), 'BadSignature');
      expect((await world().balance(TO)) - before).to.equal(AMOUNT);
      expect(await creditOf(payments[second], second)).to.equal(held);
    }
  });

  it('S12: reverts for a second vault of the same account after it was used for the first', async () => {
    const [one, two] = [await credited('vault'), await credited('vault')];
    const sent = await signed();
    await send(one, 'vault', sent);
    await world().rejects(send(two, 'vault', sent), 'BadSignature');
    expect(await creditOf(two, 'vault')).to.equal(PRICE);
  });

  it('S12: reverts for another token, receiver, amount or time than the one that was signed', async () => {
    for (const mode of MODES) {
      const other = await credited(mode);
      const first = world().token;
      await useToken(world(), 'UsdcLikeToken');
      const terms = await credited(mode);
      const sent = await signed();
      for (const changes of [
        { to: stranger.address },
        { amount: AMOUNT - 1n },
        { amount: AMOUNT + 1n },
        { validUntil: sent.validUntil + 1 },
      ]) {
        await world().rejects(send(terms, mode, { ...sent, ...changes }), 'BadSignature');
      }
      // The same account has as much in another token.
      await world().rejects(send(other, mode, { ...sent, token: first.address }), 'BadSignature');
      await world().rejects(send(other, mode, { ...sent, token: ZERO_ADDRESS }), 'BadSignature');
      expect(await creditOf(terms, mode)).to.equal(PRICE);
      await send(terms, mode, sent);
    }
  });

  it('S12: reverts with a nonce behind or ahead, so redirects are used in the order of their nonces', async () => {
    for (const mode of MODES) {
      const terms = await credited(mode);
      const order = { account: seller.address, token: terms.token, to: TO, amount: AMOUNT };
      const nonce = (await world().read(world().escrow, 'redirectNonce', [seller.address]))[0] as bigint;
      const withNonce = async (value: bigint) => ({
        ...order,
        ...(await signRedirect(world(), order, BOTH, { nonce: value })),
      });
      const ahead = await withNonce(nonce + 1n);
      await world().rejects(send(terms, mode, ahead), 'BadSignature');
      if (nonce > 0n) await world().rejects(send(terms, mode, await withNonce(nonce - 1n)), 'BadSignature');
      await send(terms, mode, await withNonce(nonce));
      await send(terms, mode, ahead);
      expect(await creditOf(terms, mode)).to.equal(PRICE - 2n * AMOUNT);
    }
  });

  it('S12: is not voided by dust that a stranger adds to the credit or to its vault', async () => {
    for (const mode of MODES) {
      const terms = await credited(mode);
      const sent = await signed({ amount: PRICE });
      if (mode === 'pool') {
        // A payment of one unit to the same seller, of a stranger's own making.
        await credited('pool', 1n);
      } else await world().payVault(terms, 1n);
      const before = await world().balance(TO);
      await send(terms, mode, sent);
      expect((await world().balance(TO)) - before).to.equal(PRICE);
      expect(await creditOf(terms, mode)).to.equal(mode === 'pool' ? 1n : 0n);
      await world().rejects(send(terms, mode, sent), 'BadSignature');
    }
  });

  it('S12: keeps the signature usable when the redirect reverts, because nothing of it was done', async () => {
    for (const mode of MODES) {
      const terms = await credited(mode);
      const tooMuch = await signed({ amount: PRICE + 1n });
      await world().rejects(send(terms, mode, tooMuch), 'WrongAmount');
      const blocked = await signed({ to: plainAccount(7) });
      await blacklist(world(), blocked.to);
      await world().rejects(send(terms, mode, blocked), 'PushFailed');
      await blacklist(world(), blocked.to, false);
      await send(terms, mode, blocked);
      expect(await world().balance(blocked.to)).to.equal(mode === 'pool' ? AMOUNT : 2n * AMOUNT);
    }
  });

  it('S12: takes the signature of the account under its own tag only', async () => {
    const nobodys = [0x08, 0x10, 0x7c];
    for (const mode of MODES) {
      const terms = await credited(mode);
      const order = { account: seller.address, token: terms.token, to: TO, amount: AMOUNT };
      for (const tag of nobodys) {
        const signedElsewhere = await signRedirect(world(), order, [
          [1, signers[1]],
          [tag, seller],
        ]);
        await world().rejects(send(terms, mode, { ...order, ...signedElsewhere }), 'BadSignature');
      }
      await send(terms, mode, await signed());
    }
  });

  it('S12: reverts for a signer who is the account, too, when his item as the account is no signature', async () => {
    for (const mode of MODES) {
      const [, account] = signers;
      const terms = await credited(mode, PRICE, account.address);
      const order = { account: account.address, token: terms.token, to: TO, amount: AMOUNT };
      const { validUntil, signatures } = await signRedirect(world(), order, [[1, account]]);
      // Nobody can be recovered from it, and whoever signed the item before it must not count in his place.
      const nothing = concat([toBeHex(ACCOUNT_TAG, 1), new Uint8Array(64)]);
      const sent = { ...order, validUntil, signatures: concat([signatures, nothing]) };
      await world().rejects(send(terms, mode, sent, account.address), 'BadSignature');
    }
  });

  it('S12: reverts for the credit of another account, which did not sign', async () => {
    for (const mode of MODES) {
      const terms = await credited(mode);
      const sent = await signed();
      const tail = [sent.to, sent.amount, sent.validUntil, sent.signatures];
      const call =
        mode === 'pool'
          ? world().act(stranger, 'redirectCredit', [buyer.address, sent.token, ...tail])
          : world().act(stranger, 'redirectVaultCredit', [terms, false, ...tail]);
      await world().rejects(call, 'BadSignature');
    }
  });
});
