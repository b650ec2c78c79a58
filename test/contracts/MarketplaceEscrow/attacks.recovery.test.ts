import { expect } from 'chai';
import type { BaseWallet } from 'ethers';
import { idOf, type Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { useToken } from '../mocks.ts';
import { custodyOf, eventsOf } from '../observed.ts';
import { blacklist } from '../payouts.ts';
import { signerOff } from '../signedActs.ts';

const { buyer, seller, signers, stranger, guardian, treasury, refundTo } = roles;
/** Where the money should have gone. */
const ORIGIN = 56n;
const SENT = 40n;

describe('attacks by the recovery of foreign money', () => {
  const world = useEscrowWorld();

  const recover = (terms: Terms, from: BaseWallet, originChainId = ORIGIN, asset = terms.token) =>
    world().act(from, 'recoverForeign', [terms, asset, originChainId]);
  const foreignId = (terms: Terms) => idOf(terms, world().escrow.address, ORIGIN);

  /** Money on this chain at the address of another chain's vault. */
  async function astray(terms: Terms, asset = terms.token): Promise<string> {
    const [vault] = await world().read(world().escrow, 'depositAddress', [foreignId(terms)]);
    if (asset === ZERO_ADDRESS) await world().chain.send({ from: buyer.address, to: vault, value: SENT });
    else await world().mint(vault, SENT);
    return vault;
  }

  it('A3: reverts with the id of this chain, whatever the vault still needs and whichever signer calls', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const states: Record<string, (terms: Terms) => Promise<unknown>> = {
      unopened: async () => undefined,
      open: (terms) => world().settle(terms, { toSeller: 1n, toBuyer: 0n }),
      delivered: (terms) => world().act(seller, 'markDelivered', [terms]),
      frozen: (terms) => world().act(buyer, 'freeze', [terms]),
      credited: async (terms) => {
        await blacklist(world(), terms.refundTo);
        await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
      },
    };
    for (const [state, bring] of Object.entries(states)) {
      const terms = await world().terms();
      await world().payVault(terms);
      await bring(terms);
      const before = await custodyOf(world(), terms);
      expect(before.vault > 0n, state).to.equal(true);
      for (const signer of signers) await world().rejects(recover(terms, signer, world().chain.chainId), 'SameChain');
      // Any other chain gives another vault, which is empty.
      await world().rejects(recover(terms, signers[0], world().chain.chainId + 1n), 'Nothing');
      expect(await custodyOf(world(), terms), state).to.deep.equal(before);
    }
  });

  it('A21: reverts for a stranger, the parties, the guardian and a signer who was switched off', async () => {
    const terms = await world().terms();
    const vault = await astray(terms);
    await signerOff(world(), 2);
    for (const from of [stranger, buyer, seller, refundTo, guardian, treasury, signers[2]]) {
      await world().rejects(recover(terms, from), 'NotAllowed');
    }
    expect(await world().balance(vault)).to.equal(SENT);
  });

  it('A21: sends a signer’s find to refundTo alone and writes no record, by the vault’s own address on both chains', async () => {
    for (const asset of [world().token.address, ZERO_ADDRESS]) {
      const terms = await world().terms({ token: asset });
      // Twice: the second time the vault is there already.
      for (const attempt of ['undeployed', 'deployed']) {
        const vault = await astray(terms, asset);
        const before = await world().balance(terms.refundTo, asset);
        expect(eventsOf(world(), await recover(terms, signers[1])), attempt).to.deep.equal([
          ['Recovered', foreignId(terms), asset, terms.refundTo, SENT, false],
        ]);
        expect((await world().balance(terms.refundTo, asset)) - before).to.equal(SENT);
        expect(await world().balance(vault, asset)).to.equal(0n);
      }
      const [record] = await world().read(world().escrow, 'payment', [foreignId(terms)]);
      expect([record.status, record.vaultDeployed]).to.deep.equal([STATUS.none, false]);
      await world().rejects(recover(terms, signers[1]), 'Nothing');
    }
  });

  it('A21: takes another asset as well, and never lets terms lock it in', async () => {
    const terms = await world().terms({ refundTo: ZERO_ADDRESS, buyer: ZERO_ADDRESS });
    await astray(terms);
    const receipt = await recover(terms, signers[0]);
    expect(eventsOf(world(), receipt)[0]?.slice(3)).to.deep.equal([treasury.address, SENT, false]);
    const native = await world().terms({ token: ZERO_ADDRESS });
    await astray(native, world().token.address);
    await recover(native, signers[0], ORIGIN, world().token.address);
    expect(await world().balance(native.refundTo)).to.equal(SENT);
  });
});

describe('attacks by the recovery of a short vault', () => {
  const world = useEscrowWorld();

  const recover = (terms: Terms, from: BaseWallet) => world().act(from, 'recover', [terms, terms.token]);
  async function holding(amount: bigint): Promise<Terms> {
    const terms = await world().terms();
    await world().payVault(terms, amount);
    return terms;
  }
  /** Who takes a vault in a second: `refundTo` has it then, and the id is dead. */
  async function takes(terms: Terms, from: BaseWallet, amount: bigint): Promise<void> {
    const before = await world().balance(terms.refundTo);
    expect(eventsOf(world(), await recover(terms, from))).to.deep.equal([
      ['Recovered', world().idOf(terms), terms.token, terms.refundTo, amount, true],
    ]);
    expect((await world().balance(terms.refundTo)) - before).to.equal(amount);
    const { status, inVault, remaining, released, seq } = await world().payment(terms);
    expect([status, inVault, remaining, released, seq]).to.deep.equal([STATUS.closed, true, 0n, 0n, 0n]);
    await world().payVault(terms);
    const calls: [BaseWallet, string][] = [
      [seller, 'markDelivered'],
      [buyer, 'freeze'],
      [seller, 'sweep'],
    ];
    for (const [caller, method] of calls) await world().rejects(world().act(caller, method, [terms]), 'WrongStatus');
    await world().rejects(world().settle(terms, { toSeller: PRICE, toBuyer: 0n }), 'WrongStatus');
    await world().rejects(world().fund(terms), 'WrongStatus');
  }

  it('A28: lets the seller give a payment up at once, short or full, and closes the id', async () => {
    for (const amount of [1n, PRICE - 1n, PRICE, PRICE + 1n]) await takes(await holding(amount), seller, amount);
  });

  it('A28: lets a signer end a short payment one second after fundBy and not in it', async () => {
    const terms = await holding(PRICE - 1n);
    await world().chain.setNextTime(terms.fundBy);
    await world().rejects(recover(terms, signers[1]), 'Nothing');
    await world().chain.setNextTime(terms.fundBy + 1);
    await takes(terms, signers[1], PRICE - 1n);
  });

  it('A28: refuses a signer exactly the amount until deliverBy, and the switched-off one everything', async () => {
    const [full, short] = [await holding(PRICE), await holding(PRICE - 1n)];
    await signerOff(world(), 2);
    await world().chain.setNextTime(full.fundBy + 10);
    await world().rejects(recover(full, signers[0]), 'Nothing');
    await world().rejects(recover(short, signers[2]), 'Nothing');
    await world().chain.setNextTime(full.deliverBy);
    await world().rejects(recover(full, signers[0]), 'Nothing');
    expect(await world().balance(await world().vaultOf(full))).to.equal(PRICE);
  });

  it('A28: gives a signer only the surplus when more than the amount is there', async () => {
    const terms = await holding(PRICE + 2n);
    await world().chain.setNextTime(terms.fundBy + 1);
    expect(eventsOf(world(), await recover(terms, signers[0]))[0]?.slice(4)).to.deep.equal([2n, false]);
    expect(await world().balance(await world().vaultOf(terms))).to.equal(PRICE);
  });

  it('A28: refuses everybody else a short vault until deliverBy, and nobody after it', async () => {
    const terms = await holding(PRICE - 1n);
    await world().chain.setNextTime(terms.deliverBy - 10);
    for (const from of [stranger, buyer, refundTo, guardian, treasury]) {
      await world().rejects(recover(terms, from), 'Nothing');
    }
    await world().chain.setNextTime(terms.deliverBy);
    await world().rejects(recover(terms, stranger), 'Nothing');
    await world().chain.setNextTime(terms.deliverBy + 1);
    await recover(terms, stranger);
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });
});
