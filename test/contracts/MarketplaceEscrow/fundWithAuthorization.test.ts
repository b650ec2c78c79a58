import { expect } from 'chai';
import { Signature, TypedDataEncoder } from 'ethers';
import { AUTHORIZATION_TYPES, type Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { useToken } from '../mocks.ts';
import { rejectsWith, rejectsWithoutData } from '../rejections.ts';
import { authorizationFor, fundWithAuthorization, signAuthorization, tokenDomain } from '../signedFunding.ts';

const REFUSED = 'AuthorizationRefused()';

describe('MarketplaceEscrow.fundWithAuthorization', () => {
  const world = useEscrowWorld();

  /** Terms in a token of ERC-3009, whose buyer holds the price twice and allowed nobody anything. */
  async function termsInUsdc(changes: Partial<Terms> = {}): Promise<Terms> {
    await useToken(world(), 'UsdcLikeToken');
    await world().mint(roles.buyer.address, 2n * PRICE);
    return world().terms(changes);
  }

  /** The arguments behind the terms: the buyer's authorization for some terms. */
  async function signedFor(terms: Terms): Promise<[number, number, number, string, string]> {
    const order = await authorizationFor(world(), terms);
    const { v, r, s } = signAuthorization(world(), terms.token, order, roles.buyer);
    return [order.validAfter, order.validBefore, v, r, s];
  }

  it('takes the amount from the buyer into the pool, whoever broadcasts', async () => {
    const terms = await termsInUsdc();
    const [event] = world().events(await fundWithAuthorization(world(), terms));
    expect([event?.name, event?.args.id, event?.args.source]).to.deep.equal(['Funded', world().idOf(terms), 0n]);
    expect(await world().balance(roles.buyer.address)).to.equal(PRICE);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
    expect(await world().book()).to.deep.equal({ owed: PRICE, fees: 0n });
    const { remaining, status, inVault } = await world().payment(terms);
    expect([remaining, status, inVault]).to.deep.equal([PRICE, STATUS.funded, false]);
  });

  it('takes the id as nonce, so that the token itself knows the payment as paid', async () => {
    const terms = await termsInUsdc();
    await fundWithAuthorization(world(), terms);
    const args = [roles.buyer.address, world().idOf(terms)];
    expect((await world().read(world().token, 'authorizationState', args))[0]).to.equal(true);
  });

  it('D2: reverts when the authorization was signed for other terms, whatever differs', async () => {
    const terms = await termsInUsdc();
    const signed = await signedFor(terms);
    const changes: Partial<Terms>[] = [
      { seller: roles.stranger.address },
      { refundTo: roles.stranger.address },
      { feeBps: 1_000 },
      { deliverBy: terms.deliverBy + 1 },
      { ref: `0x${'77'.repeat(32)}` },
    ];
    for (const change of changes) {
      const call = world().act(roles.stranger, 'fundWithAuthorization', [{ ...terms, ...change }, ...signed]);
      await rejectsWith(call, REFUSED);
    }
    expect(await world().balance(roles.buyer.address)).to.equal(2n * PRICE);
    await world().act(roles.stranger, 'fundWithAuthorization', [terms, ...signed]);
  });

  it('D2: reverts when a nonce other than the id was signed', async () => {
    const terms = await termsInUsdc();
    await rejectsWith(fundWithAuthorization(world(), terms, { nonce: `0x${'11'.repeat(32)}` }), REFUSED);
  });

  it('D2: cannot be taken past the escrow, which alone is the payee', async () => {
    const terms = await termsInUsdc();
    const [after, before, v, r, s] = await signedFor(terms);
    const order = [terms.buyer, world().escrow.address, PRICE, after, before, world().idOf(terms), v, r, s];
    for (const entry of ['receiveWithAuthorization', 'transferWithAuthorization']) {
      await rejectsWith(world().send(world().token, roles.stranger, entry, order), REFUSED);
    }
    expect(await world().balance(world().escrow.address)).to.equal(0n);
  });

  it('D2: makes no record when the nonce was used through another entry of the token', async () => {
    const terms = await termsInUsdc();
    const order = await authorizationFor(world(), terms);
    const types = { TransferWithAuthorization: AUTHORIZATION_TYPES.ReceiveWithAuthorization };
    const digest = TypedDataEncoder.hash(tokenDomain(terms.token, world().chain.chainId), types, order);
    const { v, r, s } = Signature.from(roles.buyer.signingKey.sign(digest));
    const args = [order.from, order.to, order.value, 0, order.validBefore, order.nonce, v, r, s];
    await world().send(world().token, roles.stranger, 'transferWithAuthorization', args);
    await rejectsWith(fundWithAuthorization(world(), terms), REFUSED);
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
    expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
    await world().fund(terms);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('D3: reverts the second time', async () => {
    const terms = await termsInUsdc();
    const signed = await signedFor(terms);
    await world().act(roles.stranger, 'fundWithAuthorization', [terms, ...signed]);
    await world().rejects(world().act(roles.stranger, 'fundWithAuthorization', [terms, ...signed]), 'WrongStatus');
    expect(await world().balance(roles.buyer.address)).to.equal(PRICE);
  });

  it('reverts when another than the buyer signed', async () => {
    const terms = await termsInUsdc();
    const order = await authorizationFor(world(), terms);
    const { v, r, s } = signAuthorization(world(), terms.token, order, roles.seller);
    const args = [terms, order.validAfter, order.validBefore, v, r, s];
    await rejectsWith(world().act(roles.stranger, 'fundWithAuthorization', args), REFUSED);
  });

  it('reverts outside the bounds of the authorization', async () => {
    const terms = await termsInUsdc();
    const now = await world().chain.now();
    await rejectsWith(fundWithAuthorization(world(), terms, { validBefore: now }), REFUSED);
    await rejectsWith(fundWithAuthorization(world(), terms, { validAfter: now + DAY }), REFUSED);
  });

  it('A30: reverts when the terms name no buyer or no token', async () => {
    const terms = await termsInUsdc();
    const signed = await signedFor(terms);
    for (const changes of [{ buyer: ZERO_ADDRESS }, { token: ZERO_ADDRESS }]) {
      const call = world().act(roles.stranger, 'fundWithAuthorization', [{ ...terms, ...changes }, ...signed]);
      await world().rejects(call, 'InvalidTerms');
    }
  });

  it('D7: reverts when native coin comes along', async () => {
    const terms = await termsInUsdc();
    const call = world().act(roles.buyer, 'fundWithAuthorization', [terms, ...(await signedFor(terms))], 1n);
    await rejectsWithoutData(call);
  });

  it('takes money in the last second of fundBy and refuses it one later', async () => {
    const terms = await termsInUsdc();
    const validBefore = terms.fundBy + DAY;
    const snapshot = await world().chain.snapshot();
    await world().chain.setNextTime(terms.fundBy + 1);
    await world().rejects(fundWithAuthorization(world(), terms, { validBefore }), 'TooLate');
    await world().chain.restore(snapshot);
    await world().chain.setNextTime(terms.fundBy);
    await fundWithAuthorization(world(), terms, { validBefore });
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('reverts while paused', async () => {
    const terms = await termsInUsdc();
    await world().act(roles.guardian, 'pause', []);
    await world().rejects(fundWithAuthorization(world(), terms), 'Paused');
  });

  it('reverts when the issuer blocks the escrow, and leaves the buyer his money', async () => {
    const terms = await termsInUsdc();
    await world().send(world().token, roles.deployer, 'setBlacklisted', [world().escrow.address, true]);
    await rejectsWith(fundWithAuthorization(world(), terms), 'Refused()');
    expect(await world().balance(roles.buyer.address)).to.equal(2n * PRICE);
  });

  it('reverts given the pool is short of what it owes', async () => {
    const terms = await termsInUsdc();
    await fundWithAuthorization(world(), terms);
    await world().send(world().token, roles.deployer, 'burn', [world().escrow.address, 1n]);
    await world().rejects(fundWithAuthorization(world(), await world().terms()), 'NotCovered');
  });
});
