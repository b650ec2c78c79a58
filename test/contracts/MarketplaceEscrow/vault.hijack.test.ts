import { expect } from 'chai';
import { keccak256, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { type Item, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { MODES, paid } from '../lifeStages.ts';
import { moneyOf } from '../payouts.ts';
import { rejectsWithoutData } from '../rejections.ts';

const { seller, signers, stranger } = roles;
const BUYER: Item = [TAG.buyer, stranger];

/** Terms that share everything with a victim's but one field each, or all that an attacker would change. */
function otherTerms(victim: Terms, token: string): [name: string, terms: Terms][] {
  const mine = stranger.address;
  const changes: Partial<Terms>[] = [
    { buyer: mine },
    { seller: mine },
    { token },
    { amount: victim.amount - 1n },
    { fundBy: victim.fundBy - 1 },
    { deliverBy: victim.deliverBy - 1 },
    { inspection: victim.inspection + 1 },
    { feeBps: victim.feeBps - 1 },
    { disputeSellerBps: victim.disputeSellerBps + 1 },
    { milestonesHash: keccak256(toBeHex(victim.amount, 32)) },
    { refundTo: mine },
    { ref: toBeHex(BigInt(victim.ref) ^ (1n << 255n), 32) },
    { buyer: mine, refundTo: mine, amount: 1n },
  ];
  return changes.map((change) => [Object.keys(change).join(' and '), { ...victim, ...change }]);
}

for (const mode of MODES) {
  describe(`MarketplaceEscrow against other terms for a paid address, ${mode} mode`, () => {
    const world = useEscrowWorld();

    /** Every call that could make a record of other terms, or move money by them; with enough authority each time. */
    function attempts(forged: Terms): (readonly [error: string, call: () => Promise<unknown>])[] {
      const release = { toSeller: forged.amount, toBuyer: 0n };
      const act = (from: typeof stranger, verb: string, args: unknown[] = [forged]) => world().act(from, verb, args);
      const ofSeller = forged.seller === stranger.address ? stranger : seller;
      return [
        ['VaultShort', () => world().settle(forged, release)],
        ...(forged.buyer === stranger.address
          ? ([['VaultShort', () => world().settle(forged, release, [BUYER])]] as const)
          : []),
        ['VaultShort', () => act(ofSeller, 'sweep')],
        ['VaultShort', () => act(ofSeller, 'markDelivered')],
        ['VaultShort', () => act(signers[0], 'freeze')],
        ['Nothing', () => act(ofSeller, 'recover', [forged, forged.token])],
        ['WrongStatus', () => act(stranger, 'reclaim')],
        ['WrongStatus', () => act(stranger, 'claim')],
        ['WrongStatus', () => act(stranger, 'forceResolve')],
        ['Nothing', () => act(stranger, 'payVaultCredit')],
        ['WrongAmount', () => act(stranger, 'refundLater', [forged, 1n])],
      ];
    }

    it('D4: gives terms that differ in one field an id and a vault of their own, which the money never reaches', async () => {
      const victim = await paid(world(), mode);
      await world().mint(stranger.address, PRICE);
      for (const [name, forged] of otherTerms(victim, ZERO_ADDRESS)) {
        expect(world().idOf(forged), name).to.not.equal(world().idOf(victim));
        expect(await world().vaultOf(forged), name).to.not.equal(await world().vaultOf(victim));
        for (const [error, call] of attempts(forged)) {
          // Native terms of the forger ask for value with `refundLater`, before anything else.
          const native = forged.token === ZERO_ADDRESS && error === 'WrongAmount';
          await world().rejects(call(), native ? 'WrongValue' : error);
        }
      }
      const money = await moneyOf(world(), victim);
      const held = mode === 'pool' ? money.escrow : money.vault;
      expect(held).to.equal(PRICE);
      await world().settle(victim, { toSeller: PRICE, toBuyer: 0n });
      expect(await moneyOf(world(), victim)).to.include({ seller: (PRICE * 99n) / 100n, status: STATUS.closed });
    });

    it('D4: leaves a paid address to its payment when other terms with the same ref were paid and deployed first', async () => {
      const victim = await world().terms();
      const forged = { ...victim, buyer: stranger.address, refundTo: stranger.address, amount: 1n };
      const theirs = await world().payVault(forged, 2n);
      await world().act(stranger, 'recover', [forged, forged.token]);
      await world().settle(forged, { toSeller: 1n, toBuyer: 0n }, [BUYER]);
      expect(await world().chain.codeAt(theirs)).to.have.lengthOf(2 + 2 * 63);
      const mine = await world().vaultOf(victim);
      expect(await world().chain.codeAt(mine)).to.equal('0x');
      await world().pay(victim, mode);
      await world().settle(victim, { toSeller: 0n, toBuyer: PRICE });
      expect(await moneyOf(world(), victim)).to.include({ refundTo: PRICE, seller: 1n, status: STATUS.closed });
    });

    it('D4: keeps the address from another escrow, which neither shares the id nor reaches the vault by the same salt', async () => {
      const victim = await paid(world(), mode);
      const vault = await world().vaultOf(victim);
      const salt = world().idOf(victim);
      const first = world().escrow;
      world().escrow = await world().deployEscrow();
      await world().rejects(world().settle(victim, { toSeller: PRICE, toBuyer: 0n, seq: 0 }), 'VaultShort');
      // The same terms have another id with another escrow; the same salt gives another address there.
      expect(world().idOf(victim)).to.not.equal(salt);
      expect((await world().read(world().escrow, 'depositAddress', [salt]))[0]).to.not.equal(vault);
      world().escrow = first;
      expect(await world().chain.codeAt(vault)).to.equal('0x');
    });

    it('D4: finds no record for terms with dirty upper bits, which would be a second id of the same payment', async () => {
      const victim = await paid(world(), mode);
      const settle = await world().settlement(victim, { toSeller: PRICE, toBuyer: 0n });
      const data = world().escrow.abi.encodeFunctionData('settle', [victim, settle, world().sign(settle)]);
      // The highest bit of the buyer's word.
      const dirty = `${data.slice(0, 10)}8${data.slice(11)}`;
      const sent = { from: stranger.address, to: world().escrow.address, data: dirty };
      await world().rejects(world().chain.send(sent), 'BadSignature');
      const marked = world().escrow.abi.encodeFunctionData('markDelivered', [victim]);
      const call = { ...sent, from: seller.address, data: `${marked.slice(0, 10)}8${marked.slice(11)}` };
      await world().rejects(world().chain.send(call), 'InvalidTerms');
      const views = world().escrow.abi.encodeFunctionData('idOf', [victim]);
      const id = await world().chain.call({ ...sent, data: `${views.slice(0, 10)}8${views.slice(11)}` });
      expect(id).to.not.equal(world().idOf(victim));
      await rejectsWithoutData(world().chain.send({ ...sent, data: data.slice(0, 10 + 64 * 11) }));
    });
  });
}
