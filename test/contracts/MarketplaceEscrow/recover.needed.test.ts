import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { deployMock, faceVault, useToken } from '../mocks.ts';
import { blacklist, moneyOf } from '../payouts.ts';
import { reportedOf } from '../reported.ts';

const { buyer, seller, signers, guardian, treasury, deployer, stranger } = roles;
const CALLERS = [stranger, buyer, signers[0], guardian, treasury];
const PART = 1_000n;
/** What a payment in a vault has behind it; each leaves all but PART of the money needed. */
const STAGES = {
  'no record': [],
  'a part paid': ['settle'],
  delivered: ['settle', 'markDelivered'],
  frozen: ['settle', 'freeze'],
} as const;
type Stage = keyof typeof STAGES;
const stages = Object.keys(STAGES) as Stage[];

describe('MarketplaceEscrow.recover of what a payment needs', () => {
  const world = useEscrowWorld();

  /** A payment in a vault at a stage, and what its vault must keep. */
  async function at(stage: Stage, changes: Partial<Terms> = {}): Promise<{ terms: Terms; needed: bigint }> {
    const terms = await world().terms(changes);
    await world().payVault(terms);
    for (const verb of STAGES[stage]) {
      if (verb === 'settle') await world().settle(terms, { toSeller: PART, toBuyer: 0n });
      else await world().act(verb === 'freeze' ? buyer : seller, verb, [terms]);
    }
    return { terms, needed: stage === 'no record' ? PRICE : PRICE - PART };
  }
  const recover = (terms: Terms, from = stranger, asset = terms.token) => world().act(from, 'recover', [terms, asset]);
  const heldBy = async (terms: Terms) => world().balance(await world().vaultOf(terms), terms.token);

  it('D11: takes nothing of a paid payment, whoever calls, before deliverBy and, once it is open, after it', async () => {
    for (const token of [world().token.address, ZERO_ADDRESS]) {
      for (const stage of stages) {
        const { terms, needed } = await at(stage, { token });
        const snapshot = await world().chain.snapshot();
        const open = stage !== 'no record';
        for (const second of [terms.fundBy + 1, terms.deliverBy - 60, ...(open ? [terms.deliverBy + 60 * DAY] : [])]) {
          await world().chain.setNextTime(second);
          // Of an unopened payment the seller may give everything up: that is his own loss.
          for (const from of open ? [...CALLERS, seller] : CALLERS) {
            await world().rejects(recover(terms, from), 'Nothing');
          }
        }
        expect(await heldBy(terms), stage).to.equal(needed);
        await world().chain.restore(snapshot);
      }
    }
  });

  it('D11: takes exactly the surplus, to one unit, and leaves what is needed', async () => {
    for (const token of [world().token.address, ZERO_ADDRESS]) {
      for (const stage of stages) {
        const { terms, needed } = await at(stage, { token });
        const before = await world().payment(terms);
        await world().payVault(terms, 1n);
        expect(reportedOf(world(), await recover(terms))).to.deep.equal([
          ['Recovered', token, terms.refundTo, 1n, false],
        ]);
        expect(await heldBy(terms), stage).to.equal(needed);
        expect(await world().payment(terms)).to.deep.equal({ ...before, vaultDeployed: true });
        await world().rejects(recover(terms), 'Nothing');
      }
    }
  });

  it('D11: leaves shares that stayed in the vault, of an open payment and of a closed one', async () => {
    await useToken(world(), 'UsdcLikeToken');
    for (const all of [false, true]) {
      const terms = await world().terms({ feeBps: 0 });
      await world().payVault(terms);
      await blacklist(world(), terms.seller);
      await world().settle(terms, { toSeller: all ? PRICE : PART, toBuyer: 0n });
      for (const from of [...CALLERS, seller]) await world().rejects(recover(terms, from), 'Nothing');
      await world().payVault(terms, 5n);
      await recover(terms);
      expect(await moneyOf(world(), terms)).to.include({ vault: PRICE, sellerShare: all ? PRICE : PART });
      await blacklist(world(), terms.seller, false);
      await world().act(stranger, 'payVaultCredit', [terms]);
      expect(await heldBy(terms)).to.equal(all ? 0n : PRICE - PART);
    }
  });

  it('D11: takes nothing needed through a second address of the token, whole or in part', async () => {
    const token = await useToken(world(), 'HostileToken');
    const face = await deployMock(world(), 'SecondFace', [token.address]);
    await world().send(token, deployer, 'setFace', [face.address]);
    for (const amount of [PRICE, PRICE + 1n]) {
      const terms = await world().terms();
      await world().payVault(terms, amount);
      for (const open of [false, true]) {
        if (open) await world().act(buyer, 'freeze', [terms]);
        for (const from of [stranger, signers[0]]) {
          await world().rejects(recover(terms, from, face.address), 'NotCovered');
        }
      }
      expect(await heldBy(terms)).to.equal(amount);
    }
  });

  it('D11: reverts when the own token takes more of the vault than it was told, because a stranger could repeat it', async () => {
    const token = await useToken(world(), 'HostileToken');
    // A token that may move what it likes charges the sender on top.
    await world().send(token, deployer, 'setFace', [token.address]);
    for (const stage of stages) {
      const { terms, needed } = await at(stage);
      const vault = await world().payVault(terms, 1n);
      const charge = token.abi.encodeFunctionData('moveForFace', [vault, treasury.address, 1n]);
      await world().send(token, deployer, 'setCall', [token.address, charge]);
      for (const from of [stranger, signers[0]]) await world().rejects(recover(terms, from), 'NotCovered');
      expect(await heldBy(terms), stage).to.equal(needed + 1n);
      await world().send(token, deployer, 'setCall', [ZERO_ADDRESS, '0x']);
      await recover(terms);
      expect(await heldBy(terms), stage).to.equal(needed);
    }
  });

  it('D11: takes nothing needed through an ERC-20 face of the native coin', async () => {
    const face = await deployMock(world(), 'NativeFace');
    for (const stage of stages) {
      const { terms, needed } = await at(stage, { token: ZERO_ADDRESS });
      // A recovery of surplus deploys the vault, which then can be played by one that the face can debit.
      await world().payVault(terms, 1n);
      await recover(terms);
      await faceVault(world(), await world().vaultOf(terms), face.address);
      await world().rejects(recover(terms, stranger, face.address), 'NotCovered');
      expect(await heldBy(terms), stage).to.equal(needed);
    }
  });

  it('D11: reaches no money of a payment in the pool, only what came to its vault', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    for (const from of [...CALLERS, seller]) await world().rejects(recover(terms, from), 'Nothing');
    await world().payVault(terms, PRICE);
    await recover(terms);
    expect(await moneyOf(world(), terms)).to.include({
      escrow: PRICE,
      owed: PRICE,
      remaining: PRICE,
      refundTo: PRICE,
      status: STATUS.funded,
    });
  });
});

describe('MarketplaceEscrow.recover of a wrong asset', () => {
  const world = useEscrowWorld();
  const recover = (terms: Terms, asset: string) => world().act(stranger, 'recover', [terms, asset]);

  for (const [name, own] of [
    ['empty', 0n],
    ['short', PRICE - 1n],
    ['paid', PRICE],
  ] as const) {
    describe(`while the vault is ${name}`, () => {
      it('D13: sends a wrong token or native coin to refundTo at once, by anyone, and leaves what is there', async () => {
        const wrong = await deployMock(world(), 'UsdtLikeToken');
        for (const [token, asset] of [
          [world().token.address, wrong.address],
          [world().token.address, ZERO_ADDRESS],
          [ZERO_ADDRESS, wrong.address],
        ] as const) {
          const terms = await world().terms({ token });
          const vault = await world().vaultOf(terms);
          if (own !== 0n) await world().payVault(terms, own);
          if (asset === ZERO_ADDRESS) await world().chain.send({ from: buyer.address, to: vault, value: 7n });
          else await world().mint(vault, 7n, wrong);
          const before = await world().balance(terms.refundTo, asset);
          expect(reportedOf(world(), await recover(terms, asset))).to.deep.equal([
            ['Recovered', asset, terms.refundTo, 7n, false],
          ]);
          expect((await world().balance(terms.refundTo, asset)) - before).to.equal(7n);
          expect(await world().balance(vault, asset)).to.equal(0n);
          await world().rejects(recover(terms, asset), 'Nothing');
          // The payment itself can still be made good.
          if (own < PRICE) await world().payVault(terms, PRICE - own);
          await world().act(seller, 'sweep', [terms]);
          expect((await world().payment(terms)).remaining).to.equal(PRICE);
        }
      });

      it('D13: reverts when the wrong asset is the own token under another address, so the rest can still come', async () => {
        const token = await useToken(world(), 'HostileToken');
        const face = await deployMock(world(), 'SecondFace', [token.address]);
        await world().send(token, deployer, 'setFace', [face.address]);
        const terms = await world().terms();
        if (own === 0n) {
          await world().rejects(recover(terms, face.address), 'Nothing');
        } else {
          await world().payVault(terms, own);
          await world().rejects(recover(terms, face.address), 'NotCovered');
        }
        expect(await world().balance(await world().vaultOf(terms))).to.equal(own);
      });
    });
  }

  it('D13: reverts while nobody can read the balance of the own token, because it cannot be checked', async () => {
    const wrong = await deployMock(world(), 'UsdtLikeToken');
    const terms = await world().terms({ token: roles.treasury.address });
    await world().mint(await world().vaultOf(terms), 7n, wrong);
    await world().chain.setNextTime(terms.deliverBy);
    const failure = await recover(terms, wrong.address).catch((reason: { data?: string }) => reason.data);
    expect(failure).to.equal('0x');
    // After deliverBy nothing of the own token is needed, and the wrong one leaves.
    await recover(terms, wrong.address);
    expect(await world().balance(terms.refundTo, wrong.address)).to.equal(7n);
  });
});
