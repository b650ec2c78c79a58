import { expect } from 'chai';
import { Interface, id, MaxUint256 } from 'ethers';
import { DAY, PRICE, roles, SIGNER_ITEMS, useEscrowWorld, ZERO_ADDRESS } from './escrowWorld.ts';
import { ANSWER, delegate, deployMock, faceVault, forceEther, HOSTILE, useToken } from './mocks.ts';
import { wholeSignature } from './signatureItems.ts';
import { authorizationFor, permitFor, signAuthorization, signPermit } from './signedFunding.ts';

const MAGIC = '0x1626ba7e';
const tokenCalls = new Interface(['function transfer(address to, uint256 amount) returns (bool)']);

describe('mocks of the contract tests', () => {
  const world = useEscrowWorld();
  const { buyer, seller, stranger, deployer } = roles;

  async function fails(call: Promise<unknown>): Promise<void> {
    const outcome = await call.then(
      () => 'succeeded',
      () => 'failed',
    );
    expect(outcome).to.equal('failed');
  }

  describe('UsdcLikeToken', () => {
    it('moves no money of or to a blacklisted account', async () => {
      const usdc = await useToken(world(), 'UsdcLikeToken');
      await world().mint(buyer.address, 2n);
      await world().send(usdc, buyer, 'transfer', [seller.address, 1n]);
      await world().send(usdc, deployer, 'setBlacklisted', [seller.address, true]);
      await fails(world().send(usdc, buyer, 'transfer', [seller.address, 1n]));
      await fails(world().send(usdc, seller, 'transfer', [buyer.address, 1n]));
    });

    it('takes an authorization from its receiver, once and inside its time', async () => {
      const usdc = await useToken(world(), 'UsdcLikeToken');
      await world().mint(buyer.address, 2n * PRICE);
      const order = { ...(await authorizationFor(world(), await world().terms())), to: stranger.address };
      const { v, r, s } = signAuthorization(world(), usdc.address, order, buyer);
      const args = [order.from, order.to, order.value, order.validAfter, order.validBefore, order.nonce, v, r, s];
      await fails(world().send(usdc, seller, 'receiveWithAuthorization', args));
      await world().send(usdc, stranger, 'receiveWithAuthorization', args);
      expect(await world().balance(stranger.address)).to.equal(PRICE);
      await fails(world().send(usdc, stranger, 'receiveWithAuthorization', args));
      const late = { ...order, nonce: id('late'), validBefore: await world().chain.now() };
      const signed = signAuthorization(world(), usdc.address, late, buyer);
      const lateArgs = [late.from, late.to, late.value, 0, late.validBefore, late.nonce, signed.v, signed.r, signed.s];
      await fails(world().send(usdc, stranger, 'receiveWithAuthorization', lateArgs));
    });

    it('takes a permit of its owner', async () => {
      const usdc = await useToken(world(), 'UsdcLikeToken');
      const permit = await permitFor(world(), await world().terms());
      const { v, r, s } = signPermit(world(), usdc.address, permit, buyer);
      await world().send(usdc, stranger, 'permit', [buyer.address, permit.spender, PRICE, permit.deadline, v, r, s]);
      expect((await world().read(usdc, 'allowance', [buyer.address, permit.spender]))[0]).to.equal(PRICE);
    });
  });

  describe('HostileToken', () => {
    async function transferred(mode: number): Promise<[answer: string, moved: bigint]> {
      const token = await useToken(world(), 'HostileToken');
      await world().mint(buyer.address, 1_000n);
      await world().send(token, deployer, 'setMode', [mode]);
      const call = {
        from: buyer.address,
        to: token.address,
        data: tokenCalls.encodeFunctionData('transfer', [seller.address, 1_000n]),
      };
      const answer = await world()
        .chain.call(call)
        .catch(() => 'reverted');
      await world()
        .chain.send(call)
        .catch(() => undefined);
      return [answer, await world().balance(seller.address)];
    }

    it('reverts, with and without a flood of data, and eats gas', async () => {
      for (const mode of [HOSTILE.reverting, HOSTILE.revertBomb, HOSTILE.eatsGas]) {
        expect(await transferred(mode)).to.deep.equal(['reverted', 0n]);
      }
    });

    it('floods a caller who moved money with data', async () => {
      const [answer, moved] = await transferred(HOSTILE.returnBomb);
      expect(answer).to.have.lengthOf(2 + 2 * 256_000);
      expect(moved).to.equal(1_000n);
    });

    it('keeps a hundredth as its fee', async () => {
      expect((await transferred(HOSTILE.fee))[1]).to.equal(990n);
    });
  });

  it('RebasingToken changes every balance', async () => {
    const token = await useToken(world(), 'RebasingToken');
    await world().mint(buyer.address, 1_000n);
    await world().send(token, deployer, 'setScale', [9_000]);
    expect(await world().balance(buyer.address)).to.equal(900n);
    await world().send(token, buyer, 'transfer', [seller.address, 900n]);
    expect(await world().balance(seller.address)).to.equal(900n);
  });

  it('HookToken tells sender and receiver, who may refuse', async () => {
    const token = await useToken(world(), 'HookToken');
    const account = await deployMock(world(), 'HookedAccount');
    await world().mint(buyer.address, 2n);
    await world().send(token, deployer, 'setHooked', [account.address, true]);
    await world().send(token, buyer, 'transfer', [account.address, 1n]);
    expect((await world().read(account, 'told'))[0]).to.equal(1n);
    await world().send(account, deployer, 'setRefuses', [true]);
    await fails(world().send(token, buyer, 'transfer', [account.address, 1n]));
  });

  it('WethLikeToken swallows a permit without allowing anything', async () => {
    const weth = await useToken(world(), 'WethLikeToken');
    const usdc = await deployMock(world(), 'UsdcLikeToken');
    const args = [buyer.address, stranger.address, PRICE, MaxUint256, 27, id('r'), id('s')];
    const data = usdc.abi.encodeFunctionData('permit', args);
    await world().chain.send({ from: stranger.address, to: weth.address, data });
    expect((await world().read(weth, 'allowance', [buyer.address, stranger.address]))[0]).to.equal(0n);
  });

  it('EtherForcer pays an account that refuses', async () => {
    const receiver = await deployMock(world(), 'TestReceiver');
    await world().send(receiver, deployer, 'setRefuses', [true]);
    await forceEther(world(), receiver.address, 5n);
    expect(await world().chain.balanceAt(receiver.address)).to.equal(5n);
  });

  it('TestReceiver eats gas and floods a sender with data', async () => {
    const receiver = await deployMock(world(), 'TestReceiver');
    const pay = () => world().chain.send({ from: stranger.address, to: receiver.address, value: 1n });
    await world().send(receiver, deployer, 'setEatsGas', [true]);
    await fails(pay());
    await world().send(receiver, deployer, 'setEatsGas', [false]);
    await world().send(receiver, deployer, 'setBombs', [true]);
    await fails(pay());
    await world().send(receiver, deployer, 'setBombs', [false]);
    await pay();
    expect(await world().chain.balanceAt(receiver.address)).to.equal(1n);
  });

  it('NativeFace moves the native coin of a vault that stands for the chain', async () => {
    const face = await deployMock(world(), 'NativeFace');
    const terms = await world().terms({ token: ZERO_ADDRESS, amount: 10n });
    const vault = await world().payVault(terms, 11n);
    // Taking the surplus deploys the vault, whose code is then replaced.
    await world().act(stranger, 'recover', [terms, ZERO_ADDRESS]);
    await faceVault(world(), vault, face.address);
    await world().rejects(world().act(stranger, 'recover', [terms, face.address]), 'NotCovered');
    const before = await world().chain.balanceAt(roles.refundTo.address);
    // Nothing is needed any more once the seller gives the payment up.
    await world().act(seller, 'recover', [terms, face.address]);
    expect(await world().chain.balanceAt(roles.refundTo.address)).to.equal(before + 10n);
    expect(await world().chain.balanceAt(vault)).to.equal(0n);
  });

  describe('Erc1271Wallet', () => {
    const digest = id('digest');

    async function answered(answer: number, signature = '0x'): Promise<string> {
      const wallet = await deployMock(world(), 'Erc1271Wallet', [buyer.address]);
      await world().send(wallet, deployer, 'setAnswer', [answer]);
      const data = wallet.abi.encodeFunctionData('isValidSignature', [digest, signature]);
      return world()
        .chain.call({ from: stranger.address, to: wallet.address, data })
        .catch(() => 'reverted');
    }
    const word = (head: string, tail = '') => head + '0'.repeat(66 - head.length - tail.length) + tail;

    it('signs by its owner’s key', async () => {
      expect(await answered(ANSWER.ownersKey, wholeSignature(digest, buyer))).to.equal(word(MAGIC));
      expect(await answered(ANSWER.ownersKey, wholeSignature(digest, seller))).to.equal(word('0x'));
      expect(await answered(ANSWER.ownersKey)).to.equal(word('0x'));
    });

    it('answers as it is told', async () => {
      expect(await answered(ANSWER.always)).to.equal(word(MAGIC));
      expect(await answered(ANSWER.never)).to.equal(word('0x'));
      expect(await answered(ANSWER.reverting)).to.equal('reverted');
      expect(await answered(ANSWER.garbage)).to.equal(word('0xdeadbeef'));
      expect(await answered(ANSWER.dirtyMagic)).to.equal(word(MAGIC, '1'));
      expect(await answered(ANSWER.shortReturn)).to.equal(MAGIC);
      expect(await answered(ANSWER.longReturn)).to.equal(word(MAGIC) + '0'.repeat(64));
      expect(await answered(ANSWER.emptyReturn)).to.equal('0x');
      expect(await answered(ANSWER.untilTime)).to.equal(word('0x'));
      expect(await answered(ANSWER.eatsGas)).to.equal('reverted');
    });

    it('calls back in the middle of a check, and takes the part of a party', async () => {
      const wallet = await deployMock(world(), 'Erc1271Wallet', [buyer.address]);
      await world().send(wallet, deployer, 'setAnswer', [ANSWER.reenters]);
      const domain = world().escrow.abi.encodeFunctionData('domainSeparator');
      await world().send(wallet, deployer, 'setCall', [world().escrow.address, domain]);
      expect((await world().read(wallet, 'isValidSignature', [digest, '0x']))[0]).to.equal(MAGIC);
      await world().mint(wallet.address, PRICE);
      const data = tokenCalls.encodeFunctionData('transfer', [seller.address, PRICE]);
      await world().send(wallet, stranger, 'execute', [world().token.address, 0n, data]);
      expect(await world().balance(seller.address)).to.equal(PRICE);
    });
  });

  it('an account with delegated code acts and still signs by its key', async () => {
    const wallet = await deployMock(world(), 'Erc1271Wallet', [ZERO_ADDRESS]);
    const [signer] = roles.signers;
    await delegate(world(), signer.address, wallet.address);
    const { chain } = world();
    const data = wallet.abi.encodeFunctionData('setValidUntil', [DAY]);
    await chain.send({ from: stranger.address, to: signer.address, data });
    expect((await world().read({ ...wallet, address: signer.address }, 'validUntil'))[0]).to.equal(BigInt(DAY));
    const terms = await world().terms();
    await world().fund(terms);
    const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n });
    await world().act(stranger, 'settle', [terms, settle, world().sign(settle, SIGNER_ITEMS)]);
    expect((await world().payment(terms)).released).to.equal(PRICE);
  });
});
