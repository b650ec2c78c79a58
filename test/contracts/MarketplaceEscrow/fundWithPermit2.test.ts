import { expect } from 'chai';
import { MaxUint256 } from 'ethers';
import { PERMIT2_TYPES, type Terms } from '../escrowTerms.ts';
import { DAY, type Deployed, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { deployMock, useToken } from '../mocks.ts';
import { deployPermit2, permit2Build } from '../permit2.ts';
import { rejectsWith, rejectsWithoutData } from '../rejections.ts';
import { wholeSignature } from '../signatureItems.ts';
import { fundWithPermit2, permit2Digest, permit2OrderFor } from '../signedFunding.ts';

describe('MarketplaceEscrow.fundWithPermit2', () => {
  const world = useEscrowWorld();

  /** Terms whose buyer holds the price twice and gave Permit2 its one allowance. */
  async function permittedTerms(changes: Partial<Terms> = {}): Promise<Terms> {
    const permit2 = await deployPermit2(world().chain);
    await world().mint(roles.buyer.address, 2n * PRICE);
    await world().send(world().token, roles.buyer, 'approve', [permit2.address, MaxUint256]);
    return world().terms(changes);
  }

  async function signedFor(terms: Terms, nonce = 0n): Promise<[bigint, number, string]> {
    const order = await permit2OrderFor(world(), terms, nonce);
    return [nonce, order.deadline, wholeSignature(permit2Digest(order, world().chain.chainId), roles.buyer)];
  }

  async function broadcast(terms: Terms, signed: readonly unknown[], value = 0n) {
    return world().act(roles.stranger, 'fundWithPermit2', [terms, ...signed], value);
  }

  /** A wallet of the buyer's key with the price and Permit2's allowance. */
  async function walletOfBuyer(): Promise<Deployed> {
    const wallet = await deployMock(world(), 'Erc1271Wallet', [roles.buyer.address]);
    await world().mint(wallet.address, 2n * PRICE);
    const approve = world().token.abi.encodeFunctionData('approve', [permit2Build.address, MaxUint256]);
    await world().send(wallet, roles.stranger, 'execute', [world().token.address, 0, approve]);
    return wallet;
  }

  it('takes the amount from the buyer into the pool, whoever broadcasts', async () => {
    const terms = await permittedTerms();
    const [event] = world().events(await fundWithPermit2(world(), terms));
    expect([event?.name, event?.args.id, event?.args.source]).to.deep.equal(['Funded', world().idOf(terms), 0n]);
    expect(await world().balance(roles.buyer.address)).to.equal(PRICE);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
    expect(await world().book()).to.deep.equal({ owed: PRICE, fees: 0n });
    const { remaining, status, inVault } = await world().payment(terms);
    expect([remaining, status, inVault]).to.deep.equal([PRICE, STATUS.funded, false]);
  });

  it('takes a token without return values', async () => {
    await useToken(world(), 'UsdtLikeToken');
    const terms = await permittedTerms();
    await fundWithPermit2(world(), terms);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('takes dense nonces in any order, each once', async () => {
    const [first, second] = [await permittedTerms(), await world().terms()];
    await fundWithPermit2(world(), first, 1n);
    await rejectsWith(fundWithPermit2(world(), second, 1n), 'InvalidNonce()');
    await fundWithPermit2(world(), second, 0n);
    expect(await world().balance(world().escrow.address)).to.equal(2n * PRICE);
  });

  it('S7: takes the witness that a wallet signs as typed data, by the real Permit2', async () => {
    const terms = await permittedTerms();
    const order = await permit2OrderFor(world(), terms);
    const domain = { name: 'Permit2', chainId: world().chain.chainId, verifyingContract: permit2Build.address };
    const signature = await roles.buyer.signTypedData(domain, PERMIT2_TYPES, order);
    await broadcast(terms, [order.nonce, order.deadline, signature]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('S6: takes the signature of an owner of two wallets for the wallet that the terms name, and no other', async () => {
    const terms = await permittedTerms();
    const [named, other] = [await walletOfBuyer(), await walletOfBuyer()];
    const byWallet = { ...terms, buyer: named.address };
    const signed = await signedFor(byWallet);
    await rejectsWith(broadcast({ ...terms, buyer: other.address }, signed), 'InvalidContractSignature()');
    await rejectsWith(broadcast(terms, signed), 'InvalidSigner()');
    await broadcast(byWallet, signed);
    expect(await world().balance(named.address)).to.equal(PRICE);
    await rejectsWith(broadcast({ ...terms, buyer: other.address }, signed), 'InvalidContractSignature()');
    expect(await world().balance(other.address)).to.equal(2n * PRICE);
    expect(await world().balance(roles.buyer.address)).to.equal(2n * PRICE);
  });

  it('A30: reverts when the signature was given for other terms, whatever differs', async () => {
    const terms = await permittedTerms();
    const signed = await signedFor(terms);
    const changes: Partial<Terms>[] = [
      { seller: roles.stranger.address },
      { refundTo: roles.stranger.address },
      { feeBps: 1_000 },
      { inspection: terms.inspection + 1 },
      { ref: `0x${'77'.repeat(32)}` },
    ];
    for (const change of changes) await rejectsWith(broadcast({ ...terms, ...change }, signed), 'InvalidSigner()');
    expect(await world().balance(roles.buyer.address)).to.equal(2n * PRICE);
  });

  it('A30: reverts when the owner is another than the buyer of the terms', async () => {
    const terms = await permittedTerms({ buyer: roles.stranger.address });
    await world().mint(roles.stranger.address, PRICE);
    await world().send(world().token, roles.stranger, 'approve', [permit2Build.address, MaxUint256]);
    // The buyer of the world signs; the stranger whom the terms name did not.
    await rejectsWith(broadcast(terms, await signedFor(terms)), 'InvalidSigner()');
    expect(await world().balance(roles.stranger.address)).to.equal(PRICE);
  });

  it('A30: reverts when the terms name no buyer or no token', async () => {
    const terms = await permittedTerms();
    for (const changes of [{ buyer: ZERO_ADDRESS }, { token: ZERO_ADDRESS }]) {
      const changed = { ...terms, ...changes };
      await world().rejects(broadcast(changed, await signedFor(changed)), 'InvalidTerms');
    }
  });

  it('D3: reverts the second time, also with a fresh nonce', async () => {
    const terms = await permittedTerms();
    await fundWithPermit2(world(), terms);
    await world().rejects(fundWithPermit2(world(), terms, 0n), 'WrongStatus');
    await world().rejects(fundWithPermit2(world(), terms, 1n), 'WrongStatus');
  });

  it('D7: reverts when native coin comes along', async () => {
    const terms = await permittedTerms();
    await rejectsWithoutData(broadcast(terms, await signedFor(terms), 1n));
  });

  it('reverts when another amount or another spender was signed', async () => {
    const terms = await permittedTerms();
    const order = await permit2OrderFor(world(), terms);
    for (const change of [
      { permitted: { token: terms.token, amount: PRICE + 1n } },
      { spender: roles.stranger.address },
    ]) {
      const digest = permit2Digest({ ...order, ...change }, world().chain.chainId);
      const signed = [order.nonce, order.deadline, wholeSignature(digest, roles.buyer)];
      await rejectsWith(broadcast(terms, signed), 'InvalidSigner()');
    }
  });

  it('reverts after the deadline of the permit', async () => {
    const terms = await permittedTerms({ fundBy: (await world().chain.now()) + 3 * DAY });
    const signed = await signedFor(terms);
    await world().chain.setNextTime(signed[1] + 1);
    await rejectsWith(broadcast(terms, signed), 'SignatureExpired(uint256)');
  });

  it('takes money in the last second of fundBy and refuses it one later', async () => {
    const terms = await permittedTerms();
    const order = { ...(await permit2OrderFor(world(), terms)), deadline: terms.fundBy + DAY };
    const signed = [0n, order.deadline, wholeSignature(permit2Digest(order, world().chain.chainId), roles.buyer)];
    const snapshot = await world().chain.snapshot();
    await world().chain.setNextTime(terms.fundBy + 1);
    await world().rejects(broadcast(terms, signed), 'TooLate');
    await world().chain.restore(snapshot);
    await world().chain.setNextTime(terms.fundBy);
    await broadcast(terms, signed);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('reverts while paused', async () => {
    const terms = await permittedTerms();
    await world().act(roles.guardian, 'pause', []);
    await world().rejects(fundWithPermit2(world(), terms), 'Paused');
  });

  it('D5: reverts when the token takes a fee, also over a stray surplus', async () => {
    await useToken(world(), 'UsdtLikeToken');
    const terms = await permittedTerms();
    await world().mint(world().escrow.address, PRICE);
    await world().send(world().token, roles.deployer, 'setFeeRate', [10]);
    await world().rejects(fundWithPermit2(world(), terms), 'WrongInflow');
  });
});
