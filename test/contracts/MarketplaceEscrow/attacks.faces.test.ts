import { expect } from 'chai';
import { getAddress } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';
import { deployMock, faceVault, forceEther, HOSTILE, useToken } from '../mocks.ts';
import { custodyOf, eventsOf } from '../observed.ts';
import { plainAccount } from '../payouts.ts';
import { rescue } from '../signedActs.ts';

const { buyer, seller, signers, stranger, deployer, treasury } = roles;
const STRAY = 9n;
const PART = PRICE / 4n;

describe('attacks through another address of the same money', () => {
  const world = useEscrowWorld();

  const recover = (terms: Terms, asset: string, from = stranger) => world().act(from, 'recover', [terms, asset]);

  /** Each state in which a vault needs its money, and what it needs. */
  const states: Record<string, [needed: bigint, bring: (terms: Terms) => Promise<unknown>]> = {
    unopened: [PRICE, async () => undefined],
    open: [PRICE - PART, (terms) => world().settle(terms, { toSeller: PART, toBuyer: 0n })],
    delivered: [PRICE, (terms) => world().act(seller, 'markDelivered', [terms])],
    frozen: [PRICE, (terms) => world().act(buyer, 'freeze', [terms])],
  };

  describe('a token with two addresses', () => {
    /** The face of the token that the world now uses. */
    async function twoFaces(): Promise<string> {
      const token = await useToken(world(), 'HostileToken');
      const face = await deployMock(world(), 'SecondFace', [token.address]);
      await world().send(token, stranger, 'setFace', [face.address]);
      return face.address;
    }

    it('A8: reverts a recovery of needed money through the second address, in every status', async () => {
      const face = await twoFaces();
      for (const [state, [needed, bring]] of Object.entries(states)) {
        const terms = await world().terms();
        await world().payVault(terms, PRICE + STRAY);
        await bring(terms);
        const before = await custodyOf(world(), terms);
        expect(before.vault, state).to.equal(needed + STRAY);
        for (const from of [stranger, buyer, signers[0]])
          await world().rejects(recover(terms, face, from), 'NotCovered');
        expect(await custodyOf(world(), terms), state).to.deep.equal(before);
        // The surplus leaves by the token's own address, and through the face nothing needed follows it.
        await recover(terms, terms.token);
        await world().rejects(recover(terms, face), 'NotCovered');
        expect(await world().balance(await world().vaultOf(terms)), state).to.equal(needed);
      }
    });

    it('A8: reverts it while the payment is short, and while a share stays in the vault', async () => {
      const face = await twoFaces();
      const short = await world().terms();
      await world().payVault(short, PRICE - 1n);
      await world().rejects(recover(short, face), 'NotCovered');
      const credited = await world().terms({ feeBps: 0 });
      await world().payVault(credited);
      await world().send(world().token, deployer, 'setMode', [HOSTILE.reverting]);
      await world().settle(credited, { toSeller: PRICE, toBuyer: 0n });
      await world().send(world().token, deployer, 'setMode', [HOSTILE.honest]);
      expect((await world().payment(credited)).status).to.equal(STATUS.closed);
      await world().rejects(recover(credited, face), 'NotCovered');
      await world().act(stranger, 'payVaultCredit', [credited]);
      expect(await world().balance(credited.seller)).to.equal(PRICE);
    });

    it('A8: lets the money go through either address once nothing is needed', async () => {
      const face = await twoFaces();
      const terms = await world().terms({ refundTo: plainAccount(8) });
      await world().payVault(terms);
      await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
      await world().payVault(terms, STRAY);
      const [event] = eventsOf(world(), await recover(terms, face));
      expect(event?.slice(2)).to.deep.equal([face, getAddress(terms.refundTo), STRAY, false]);
      expect(await world().balance(terms.refundTo)).to.equal(STRAY);
    });

    it('A8: reverts the recovery of another asset when the own token cannot say what is left', async () => {
      const other = await deployMock(world(), 'HostileToken');
      const terms = await world().terms();
      const vault = await world().payVault(terms);
      await world().mint(vault, STRAY, other);
      await world().chain.setCode(terms.token, '0x');
      const failure = await recover(terms, other.address).catch((reason: { data?: unknown }) => reason.data);
      expect(failure).to.equal('0x');
      expect(await world().balance(vault, other.address)).to.equal(STRAY);
    });
  });

  describe('an ERC-20 face of the native coin', () => {
    it('A8: reverts a recovery of needed native coin through the face, in every status', async () => {
      const face = (await deployMock(world(), 'NativeFace')).address;
      for (const [state, [needed, bring]] of Object.entries(states)) {
        const terms = await world().terms({ token: ZERO_ADDRESS });
        const vault = await world().payVault(terms, PRICE + STRAY);
        // Taking the surplus deploys the vault, whose code is then replaced by one that the face can debit.
        await recover(terms, ZERO_ADDRESS);
        await bring(terms);
        await faceVault(world(), vault, face);
        const before = await custodyOf(world(), terms);
        expect(before.vault, state).to.equal(needed);
        for (const from of [stranger, buyer, signers[0]])
          await world().rejects(recover(terms, face, from), 'NotCovered');
        await world().chain.send({ from: buyer.address, to: vault, value: STRAY });
        await world().rejects(recover(terms, face), 'NotCovered');
        expect((await custodyOf(world(), terms)).record, state).to.deep.equal(before.record);
        await recover(terms, ZERO_ADDRESS);
        expect(await world().chain.balanceAt(vault), state).to.equal(needed);
      }
    });

    it('A8: reverts a rescue through the face, of stray coin too, and pays it by its own name', async () => {
      const face = (await deployMock(world(), 'NativeFace')).address;
      const terms = await world().terms({ token: ZERO_ADDRESS });
      await world().fund(terms);
      await forceEther(world(), world().escrow.address, STRAY);
      await letFaceDebitEscrow(face);
      for (const amount of [1n, STRAY, STRAY + 1n, PRICE + STRAY]) {
        await world().rejects(rescue(world(), { token: face, amount }), 'NotCovered');
      }
      expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE + STRAY);
      await world().rejects(rescue(world(), { token: ZERO_ADDRESS, amount: STRAY + 1n }), 'NotCovered');
      const before = await world().chain.balanceAt(treasury.address);
      expect(eventsOf(world(), await rescue(world(), { token: ZERO_ADDRESS, amount: STRAY }))).to.deep.equal([
        ['Rescued', ZERO_ADDRESS, STRAY],
      ]);
      expect((await world().chain.balanceAt(treasury.address)) - before).to.equal(STRAY);
      // What is owed is there, and is paid.
      await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });

    it('A8: could debit the escrow through the face, were it not for the rule', async () => {
      const face = await deployMock(world(), 'NativeFace');
      await forceEther(world(), world().escrow.address, STRAY);
      await letFaceDebitEscrow(face.address);
      const to = plainAccount(88);
      const data = face.abi.encodeFunctionData('transfer', [to, STRAY]);
      // The transfer that a rescue makes, alone: as the escrow, without its checks.
      const result = await world().chain.call({ from: world().escrow.address, to: face.address, data });
      expect(BigInt(result)).to.equal(1n);
    });

    /** From here on the escrow runs its own code behind one that obeys the face. */
    async function letFaceDebitEscrow(face: string): Promise<void> {
      const { address } = world().escrow;
      const kept = plainAccount(808);
      await world().chain.setCode(kept, await world().chain.codeAt(address));
      const faced = await world().deploy(readArtifact('mocks/FacedEscrow.sol', 'FacedEscrow'), [kept, face]);
      await world().chain.setCode(address, await world().chain.codeAt(faced.address));
    }
  });
});
