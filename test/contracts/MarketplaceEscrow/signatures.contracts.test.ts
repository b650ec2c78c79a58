import { expect } from 'chai';
import { concat, getCreateAddress } from 'ethers';
import type { MessageTypes, Terms } from '../escrowTerms.ts';
import { SETTLE_TYPES, type Settle } from '../escrowTerms.ts';
import { type Deployed, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { ANSWER, deployMock } from '../mocks.ts';
import { type SignatureItem, wholeSignature } from '../signatureItems.ts';

const releaseAll = { toSeller: PRICE, toBuyer: 0n };
const second: Item = [1, roles.signers[1]];
// A wallet that answers anything but the magic word, or not in a whole word.
const REFUSALS = ['never', 'reverting', 'garbage', 'dirtyMagic', 'shortReturn', 'emptyReturn', 'eatsGas'] as const;

/** The two kinds of authority that a contract can be: the first of two signers, and the buyer who releases alone. */
for (const seat of ['signer', 'buyer'] as const) {
  describe(`MarketplaceEscrow signatures of a contract, as ${seat}`, () => {
    const world = useEscrowWorld();
    let wallet: Deployed;
    let terms: Terms;
    let settle: Settle;

    beforeEach(async () => {
      wallet = await deployMock(world(), 'Erc1271Wallet', [roles.deployer.address]);
      if (seat === 'signer') {
        const others = roles.signers.slice(1).map(({ address }) => address);
        world().escrow = await world().deployEscrow({ signers: [wallet.address, ...others] });
      }
      terms = await world().terms(seat === 'buyer' ? { buyer: wallet.address } : {});
      await world().payVault(terms);
      settle = await world().settlement(terms, releaseAll);
    });

    function items(bytes: string): SignatureItem[] {
      return seat === 'signer' ? [[0, bytes], second] : [[TAG.buyer, bytes]];
    }
    function byOwner(types: MessageTypes = SETTLE_TYPES, message: object = settle): string {
      return wholeSignature(world().digest(types, message), roles.deployer);
    }
    async function send(bytes = byOwner()): Promise<void> {
      const args = [terms, settle, world().sign(settle, items(bytes))];
      await world().act(roles.stranger, 'settle', args);
    }
    async function answer(name: keyof typeof ANSWER): Promise<void> {
      await world().send(wallet, roles.deployer, 'setAnswer', [ANSWER[name]]);
    }
    async function status(): Promise<bigint> {
      return (await world().payment(terms)).status;
    }

    it('accepts what its wallet accepts, bytes of any length', async () => {
      await send();
      expect(await status()).to.equal(STATUS.closed);
      await answer('always');
      for (const length of [0, 1, 31, 32, 33, 300]) {
        terms = await world().terms({ buyer: terms.buyer });
        await world().payVault(terms);
        settle = await world().settlement(terms, releaseAll);
        await send(`0x${'ab'.repeat(length)}`);
        expect(await status()).to.equal(STATUS.closed);
      }
    });

    it('accepts an answer that is longer than a word', async () => {
      await answer('longReturn');
      await send();
      expect(await status()).to.equal(STATUS.closed);
    });

    it('S5: reverts when the wallet says no, reverts, or answers garbage or less than a word', async () => {
      for (const name of REFUSALS) {
        await answer(name);
        await world().rejects(send(), 'BadSignature');
        expect(await status()).to.equal(STATUS.none);
      }
    });

    it('S5: reverts when the wallet signed something else', async () => {
      await world().rejects(send(byOwner(SETTLE_TYPES, { ...settle, toSeller: PRICE - 1n })), 'BadSignature');
      await world().rejects(send(wholeSignature(world().digest(SETTLE_TYPES, settle), roles.stranger)), 'BadSignature');
    });

    it('S5: reverts when the wallet has no code, also where an account signs with its key', async () => {
      const nobody = getCreateAddress({ from: roles.deployer.address, nonce: 10_000 });
      const signers = [nobody, ...roles.signers.slice(1).map(({ address }) => address)];
      if (seat === 'signer') world().escrow = await world().deployEscrow({ signers });
      for (const account of seat === 'signer' ? [nobody] : [nobody, roles.buyer.address]) {
        terms = await world().terms(seat === 'buyer' ? { buyer: account } : {});
        await world().payVault(terms);
        settle = await world().settlement(terms, releaseAll);
        const bytes = wholeSignature(world().digest(SETTLE_TYPES, settle), roles.buyer);
        await world().rejects(send(bytes), 'BadSignature');
      }
    });

    it('S5: counts what the wallet answers when it is sent, not what it answered when it signed', async () => {
      const bytes = byOwner();
      await world().send(wallet, roles.deployer, 'setOwner', [roles.stranger.address]);
      await world().rejects(send(bytes), 'BadSignature');
      await world().send(wallet, roles.deployer, 'setOwner', [roles.deployer.address]);
      await answer('untilTime');
      const last = (await world().chain.now()) + 100;
      await world().send(wallet, roles.deployer, 'setValidUntil', [last]);
      await world().chain.setNextTime(last + 1);
      await world().rejects(send(bytes), 'BadSignature');
      await world().send(wallet, roles.deployer, 'setValidUntil', [last + 1_000]);
      await send(bytes);
      expect(await status()).to.equal(STATUS.closed);
    });

    it('S5: lets a wallet that calls back change nothing', async () => {
      const inner = world().escrow.abi.encodeFunctionData('settle', [
        terms,
        settle,
        world().sign(settle, [[TAG.buyer, roles.buyer]]),
      ]);
      await answer('reenters');
      for (const data of [inner, world().escrow.abi.encodeFunctionData('bumpSeq', [world().idOf(terms)])]) {
        await world().send(wallet, roles.deployer, 'setCall', [world().escrow.address, data]);
        await world().rejects(send(), 'BadSignature');
        expect((await world().payment(terms)).seq).to.equal(0n);
      }
      // Reading is no harm: then it is the wallet's own answer that counts.
      const view = world().escrow.abi.encodeFunctionData('payment', [world().idOf(terms)]);
      await world().send(wallet, roles.deployer, 'setCall', [world().escrow.address, view]);
      await send();
      expect((await world().payment(terms)).seq).to.equal(1n);
    });

    it('A19: reverts when the length of the item reaches beyond the end, or short of it', async () => {
      await answer('always');
      const rest = seat === 'signer' ? world().sign(settle, [second]) : '0x';
      const tag = seat === 'signer' ? '0x80' : '0xfe';
      const set = (length: string) => concat([tag, length, `0x${'ab'.repeat(65)}`, rest]);
      const args = (signatures: string) => [terms, settle, signatures];
      for (const length of ['0xffff', '0x0042', '0x0040', '0x0000', '0x4100']) {
        await world().rejects(world().act(roles.stranger, 'settle', args(set(length))), 'BadSignature');
      }
      await world().rejects(world().act(roles.stranger, 'settle', args(tag)), 'BadSignature');
      await world().act(roles.stranger, 'settle', args(set('0x0041')));
      expect(await status()).to.equal(STATUS.closed);
    });

    it('A19: reverts when a compact item stands for a contract, whose key nobody has', async () => {
      await answer('always');
      const tag = seat === 'signer' ? 0 : TAG.buyer;
      const set: Item[] = seat === 'signer' ? [[tag, roles.deployer], second] : [[tag, roles.deployer]];
      await world().rejects(world().settle(terms, releaseAll, set), 'BadSignature');
    });
  });
}
