import { expect } from 'chai';
import { getAddress } from 'ethers';
import { idOf, type Terms } from '../escrowTerms.ts';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { deployMock } from '../mocks.ts';
import { moneyOf, plainAccount } from '../payouts.ts';
import { reported, reportedOf } from '../reported.ts';
import { actSigned } from '../signedActs.ts';

const { buyer, seller, signers, stranger } = roles;
const SURPLUS = 9n;
const OTHER_CHAIN = 56n;
const release = { toSeller: PRICE, toBuyer: 0n };
const NET = (PRICE * 99n) / 100n;
const FREEZE = 2;
/** An account with nothing, as events write it. */
const account = (index: number) => getAddress(plainAccount(index));
const BUYER: Item = [TAG.buyer, buyer];

for (const native of [false, true]) {
  describe(`MarketplaceEscrow, what arrives at a vault of ${native ? 'native coin' : 'a token'}`, () => {
    const world = useEscrowWorld();

    async function terms(changes: Partial<Terms> = {}): Promise<Terms> {
      const token = native ? ZERO_ADDRESS : world().token.address;
      return world().terms({ token, refundTo: account(1), ...changes });
    }
    /** Every call that opens a record on a vault. */
    async function openings(of: Terms): Promise<(() => Promise<unknown>)[]> {
      const validUntil = (await world().chain.now()) + 20 * DAY;
      return [
        () => world().settle(of, { ...release, validUntil }),
        () => world().settle(of, { ...release, validUntil }, [BUYER]),
        () => world().act(buyer, 'freeze', [of]),
        () => actSigned(world(), of, FREEZE, BUYER, { validUntil }),
        () => world().act(buyer, 'sweep', [of]),
        // Last, because a seller without a key cannot call.
        ...(of.seller === seller.address ? [() => world().act(seller, 'markDelivered', [of])] : []),
      ];
    }
    const recover = (of: Terms, from = stranger, asset = of.token) => world().act(from, 'recover', [of, asset]);

    it('D8: opens nothing on a short payment by any call, and all of it once the rest has come', async () => {
      const short = await terms();
      const vault = await world().payVault(short, PRICE - 1n);
      for (const open of await openings(short)) await world().rejects(open(), 'VaultShort');
      await world().rejects(recover(short), 'Nothing');
      expect(await moneyOf(world(), short)).to.include({ status: STATUS.none, vault: PRICE - 1n, remaining: 0n });
      await world().payVault(short, 1n);
      await world().act(seller, 'markDelivered', [short]);
      expect(await moneyOf(world(), short)).to.include({ status: STATUS.delivered, vault: PRICE, remaining: PRICE });
      expect(await world().chain.codeAt(vault)).to.equal('0x');
    });

    it('D8: takes an exact payment by each call that opens a record', async () => {
      for (let index = 0; index < 6; index += 1) {
        const snapshot = await world().chain.snapshot();
        const exact = await terms({ seller: index < 2 ? account(2) : seller.address });
        await world().payVault(exact);
        await (await openings(exact))[index]?.();
        const { status, remaining, released } = await world().payment(exact);
        expect([status === STATUS.closed, remaining + released]).to.deep.equal([index < 2, PRICE]);
        if (index < 2) expect((await moneyOf(world(), exact)).seller).to.equal(NET);
        await world().chain.restore(snapshot);
      }
    });

    it('D8: opens with the amount on too much, and sends the surplus to refundTo, by anyone, before and after', async () => {
      const over = await terms({ seller: account(2) });
      const vault = await world().payVault(over, PRICE + SURPLUS);
      const id = world().idOf(over);
      expect(reported(world(), await recover(over))).to.deep.equal([
        ['Recovered', id, over.token, over.refundTo, SURPLUS, false],
      ]);
      await world().payVault(over, SURPLUS);
      expect(reportedOf(world(), await world().settle(over, { toSeller: 1n, toBuyer: 0n }))[0]).to.deep.equal([
        'Funded',
        PRICE,
        2n,
      ]);
      expect(await moneyOf(world(), over)).to.include({ remaining: PRICE - 1n, refundTo: SURPLUS });
      await recover(over);
      expect(await moneyOf(world(), over)).to.include({ vault: PRICE - 1n, refundTo: 2n * SURPLUS });
      await world().rejects(recover(over), 'Nothing');
      expect(await world().chain.codeAt(vault)).to.not.equal('0x');
    });

    it('D8: counts a second payment of the same amount as surplus, in every status', async () => {
      const twice = await terms({ seller: account(2) });
      await world().payVault(twice, 2n * PRICE);
      await recover(twice);
      expect(await moneyOf(world(), twice)).to.include({ status: STATUS.none, vault: PRICE, refundTo: PRICE });
      await world().payVault(twice);
      await world().act(signers[0], 'freeze', [twice]);
      await recover(twice);
      expect(await moneyOf(world(), twice)).to.include({ status: STATUS.frozen, vault: PRICE, refundTo: 2n * PRICE });
      await world().payVault(twice);
      await world().settle(twice, release);
      expect(await moneyOf(world(), twice)).to.include({ status: STATUS.closed, vault: PRICE, seller: NET });
      // The id is used: the second payment neither opens it again nor pays the seller twice.
      for (const open of await openings(twice)) await world().rejects(open(), 'WrongStatus');
      await recover(twice);
      expect(await moneyOf(world(), twice)).to.include({ vault: 0n, refundTo: 3n * PRICE, seller: NET });
    });

    it('D8: counts a payment into the vault of a payment in the pool as surplus', async () => {
      const both = await terms();
      await world().fund(both);
      await world().payVault(both);
      await world().rejects(world().act(seller, 'sweep', [both]), 'WrongStatus');
      await recover(both);
      expect(await moneyOf(world(), both)).to.include({ remaining: PRICE, vault: 0n, refundTo: PRICE, owed: PRICE });
    });

    it('D8: opens on a payment that came after fundBy, because fundBy binds the pool only', async () => {
      const late = await terms();
      await world().chain.setNextTime(late.fundBy + 1);
      await world().payVault(late);
      await world().act(seller, 'markDelivered', [late]);
      expect(await moneyOf(world(), late)).to.include({ status: STATUS.delivered, remaining: PRICE });
    });

    it('D8: lets a payment that came after deliverBy be settled or recovered, whichever is first, and nothing else', async () => {
      for (const first of ['settle', 'recover'] as const) {
        const late = await terms({ seller: account(2), refundTo: account(first === 'settle' ? 3 : 4) });
        const snapshot = await world().chain.snapshot();
        await world().chain.setNextTime(late.deliverBy + 1);
        await world().payVault(late);
        for (const [from, verb] of [
          [buyer, 'freeze'],
          [buyer, 'sweep'],
        ] as const) {
          await world().rejects(world().act(from, verb, [late]), 'TooLate');
        }
        if (first === 'settle') {
          await world().settle(late, release);
          await world().rejects(recover(late), 'Nothing');
          expect(await moneyOf(world(), late)).to.include({ seller: NET, refundTo: 0n, status: STATUS.closed });
        } else {
          expect(reportedOf(world(), await recover(late))).to.deep.equal([
            ['Recovered', late.token, late.refundTo, PRICE, true],
          ]);
          await world().rejects(world().settle(late, release), 'WrongStatus');
          expect(await moneyOf(world(), late)).to.include({ seller: 0n, refundTo: PRICE, status: STATUS.closed });
        }
        await world().chain.restore(snapshot);
      }
    });

    it('D8: counts a wrong token for nothing, sends it to refundTo, and waits for the right one', async () => {
      const wrong = await deployMock(world(), 'UsdtLikeToken');
      const asset = native ? wrong.address : ZERO_ADDRESS;
      const confused = await terms();
      const vault = await world().vaultOf(confused);
      await world().mint(vault, PRICE, wrong);
      if (!native) await world().chain.send({ from: buyer.address, to: vault, value: PRICE });
      for (const open of await openings(confused)) await world().rejects(open(), 'VaultShort');
      for (const stray of new Set([asset, wrong.address])) {
        expect(reportedOf(world(), await recover(confused, stranger, stray))).to.deep.equal([
          ['Recovered', stray, confused.refundTo, PRICE, false],
        ]);
        expect(await world().balance(confused.refundTo, stray)).to.equal(PRICE);
      }
      await world().payVault(confused);
      await world().act(seller, 'sweep', [confused]);
      expect(await moneyOf(world(), confused)).to.include({ status: STATUS.funded, remaining: PRICE, owed: PRICE });
    });

    it('D8: sends what came on a wrong chain to refundTo, by a signer, and makes no record of it', async () => {
      // Terms of a payment on another chain, whose vault has the same address here.
      const foreign = await terms();
      const foreignId = idOf(foreign, world().escrow.address, OTHER_CHAIN);
      const [vault] = await world().read(world().escrow, 'depositAddress', [foreignId]);
      const arrive = (amount: bigint) =>
        native ? world().chain.send({ from: buyer.address, to: vault, value: amount }) : world().mint(vault, amount);
      const back = (from = signers[1], chain = OTHER_CHAIN) =>
        world().act(from, 'recoverForeign', [foreign, foreign.token, chain]);
      await arrive(PRICE);
      for (const from of [stranger, buyer, seller, roles.guardian]) await world().rejects(back(from), 'NotAllowed');
      await world().rejects(back(signers[1], world().chain.chainId), 'SameChain');
      await world().rejects(back(signers[1], OTHER_CHAIN + 1n), 'Nothing');
      expect(reported(world(), await back())).to.deep.equal([
        ['Recovered', foreignId, foreign.token, foreign.refundTo, PRICE, false],
      ]);
      // What comes later leaves through the same vault, which is not deployed again.
      await arrive(SURPLUS);
      await back(signers[2]);
      expect(await world().balance(foreign.refundTo, foreign.token)).to.equal(PRICE + SURPLUS);
      const [record] = await world().read(world().escrow, 'payment', [foreignId]);
      expect([record.status, record.vaultDeployed]).to.deep.equal([STATUS.none, false]);
      // Its own id on this chain is another payment, which is untouched.
      await world().payVault(foreign);
      await world().act(seller, 'markDelivered', [foreign]);
      expect((await world().payment(foreign)).remaining).to.equal(PRICE);
    });
  });
}
