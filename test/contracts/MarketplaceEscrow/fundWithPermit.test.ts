import { expect } from 'chai';
import { concat, MaxUint256, Signature } from 'ethers';
import { domainOf, TERMS_TYPES, type Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS, ZERO_HASH } from '../escrowWorld.ts';
import { deployMock, useToken } from '../mocks.ts';
import { rejectsWithoutData } from '../rejections.ts';
import { signItems, wholeSignature } from '../signatureItems.ts';
import { consentTo, fundWithPermit, permitFor, signPermit } from '../signedFunding.ts';

/** A permit that no token takes. */
const NO_PERMIT = [0, 27, ZERO_HASH, ZERO_HASH] as const;

describe('MarketplaceEscrow.fundWithPermit', () => {
  const world = useEscrowWorld();

  /** Terms in a token of EIP-2612, whose buyer holds the price twice and allowed nobody anything. */
  async function termsInUsdc(changes: Partial<Terms> = {}): Promise<Terms> {
    await useToken(world(), 'UsdcLikeToken');
    await world().mint(roles.buyer.address, 2n * PRICE);
    return world().terms(changes);
  }

  /** Terms in a token that swallows a permit it does not know, with a standing allowance of the buyer. */
  async function termsInWeth(): Promise<Terms> {
    await useToken(world(), 'WethLikeToken');
    await world().mint(roles.buyer.address, 2n * PRICE);
    await allow(MaxUint256);
    return world().terms();
  }

  async function allow(amount: bigint): Promise<void> {
    await world().send(world().token, roles.buyer, 'approve', [world().escrow.address, amount]);
  }

  async function permitOf(terms: Terms): Promise<[number, number, string, string]> {
    const permit = await permitFor(world(), terms);
    const { v, r, s } = signPermit(world(), terms.token, permit, roles.buyer);
    return [permit.deadline, v, r, s];
  }

  const consent = (terms: Terms) => consentTo(world(), terms, [[TAG.buyer, roles.buyer]]);

  it('takes the amount by a permit that the buyer brings himself', async () => {
    const terms = await termsInUsdc();
    const [event] = world().events(await fundWithPermit(world(), terms, roles.buyer));
    expect([event?.name, event?.args.id, event?.args.source]).to.deep.equal(['Funded', world().idOf(terms), 0n]);
    expect(await world().balance(roles.buyer.address)).to.equal(PRICE);
    expect(await world().book()).to.deep.equal({ owed: PRICE, fees: 0n });
    const { remaining, status, inVault } = await world().payment(terms);
    expect([remaining, status, inVault]).to.deep.equal([PRICE, STATUS.funded, false]);
  });

  it('takes the amount by a permit and a consent that a stranger brings', async () => {
    const terms = await termsInUsdc();
    await fundWithPermit(world(), terms, roles.stranger, consent(terms));
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
  });

  it('S7: takes as consent what a wallet signs as typed data of the terms', async () => {
    const terms = await termsInUsdc();
    const domain = domainOf(world().escrow.address, world().chain.chainId);
    const signature = await roles.buyer.signTypedData(domain, TERMS_TYPES, terms);
    const item = concat(['0x7e', Signature.from(signature).compactSerialized]);
    await fundWithPermit(world(), terms, roles.stranger, item);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('D1: works although a stranger used the permit before', async () => {
    const terms = await termsInUsdc();
    const permit = await permitOf(terms);
    const args = [terms.buyer, world().escrow.address, PRICE, ...permit];
    await world().send(world().token, roles.stranger, 'permit', args);
    await world().act(roles.stranger, 'fundWithPermit', [terms, ...permit, consent(terms)]);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
  });

  it('D1: works with an allowance that was there and no permit at all', async () => {
    const terms = await termsInUsdc();
    await allow(PRICE);
    await world().act(roles.buyer, 'fundWithPermit', [terms, ...NO_PERMIT, '0x']);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
  });

  it('D1: works with the allowance of a used permit for the payment it was meant for, once', async () => {
    const [terms, other] = [await termsInUsdc(), await world().terms()];
    const permit = await permitOf(terms);
    await world().act(roles.stranger, 'fundWithPermit', [other, ...permit, consent(other)]);
    // Both are payments that the buyer agreed to; the second needs an allowance of its own.
    const again = world().act(roles.stranger, 'fundWithPermit', [terms, ...permit, consent(terms)]);
    await world().rejects(again, 'WrongInflow');
    await fundWithPermit(world(), terms, roles.stranger, consent(terms));
    expect(await world().balance(world().escrow.address)).to.equal(2n * PRICE);
  });

  it('D2: reverts when a stranger brings a bare permit for terms of his own', async () => {
    const terms = await termsInUsdc();
    const permit = await permitOf(terms);
    const own = { ...terms, seller: roles.stranger.address };
    for (const bytes of ['0x', consent(terms), consentTo(world(), own, [[TAG.buyer, roles.stranger]])]) {
      const call = world().act(roles.stranger, 'fundWithPermit', [own, ...permit, bytes]);
      await world().rejects(call, 'BadSignature');
    }
    expect((await world().read(world().token, 'nonces', [terms.buyer]))[0]).to.equal(0n);
    expect(await world().balance(roles.buyer.address)).to.equal(2n * PRICE);
  });

  it('A30: reverts when a token swallows the permit and a stranger names terms over a standing allowance', async () => {
    const terms = await termsInWeth();
    const own = { ...terms, seller: roles.stranger.address };
    for (const bytes of ['0x', consent(terms), consentTo(world(), own, [[TAG.buyer, roles.stranger]])]) {
      const call = world().act(roles.stranger, 'fundWithPermit', [own, ...NO_PERMIT, bytes]);
      await world().rejects(call, 'BadSignature');
    }
    expect(await world().balance(roles.buyer.address)).to.equal(2n * PRICE);
    await world().act(roles.stranger, 'fundWithPermit', [terms, ...NO_PERMIT, consent(terms)]);
    expect(await world().balance(roles.buyer.address)).to.equal(PRICE);
  });

  it('A30: reverts when the terms name no buyer or no token', async () => {
    const terms = await termsInUsdc();
    const permit = await permitOf(terms);
    for (const changes of [{ buyer: ZERO_ADDRESS }, { token: ZERO_ADDRESS }]) {
      const changed = { ...terms, ...changes };
      const call = world().act(roles.stranger, 'fundWithPermit', [changed, ...permit, consent(changed)]);
      await world().rejects(call, 'InvalidTerms');
    }
  });

  it('reverts when the consent is anything but one item of the buyer', async () => {
    const terms = await termsInUsdc();
    await allow(MaxUint256);
    const buyer = [TAG.buyer, roles.buyer] as const;
    for (const items of [
      [[TAG.seller, roles.seller]],
      [[TAG.seller, roles.buyer]],
      [[0, roles.signers[0]]],
      [[0, roles.signers[0]], buyer],
      [buyer, [TAG.seller, roles.seller]],
      [buyer, buyer],
      [[0x7d, roles.buyer]],
    ] as const) {
      const call = world().act(roles.stranger, 'fundWithPermit', [
        terms,
        ...NO_PERMIT,
        consentTo(world(), terms, items),
      ]);
      await world().rejects(call, 'BadSignature');
    }
    const trailing = concat([consent(terms), '0x00']);
    await world().rejects(world().act(roles.seller, 'fundWithPermit', [terms, ...NO_PERMIT, trailing]), 'BadSignature');
    expect(await world().balance(roles.buyer.address)).to.equal(2n * PRICE);
  });

  it('S6: takes the consent of a wallet for its own terms, not for those of another wallet of its owner', async () => {
    const terms = await termsInUsdc();
    const wallets = [];
    for (let index = 0; index < 2; ++index) {
      const wallet = await deployMock(world(), 'Erc1271Wallet', [roles.buyer.address]);
      await world().mint(wallet.address, PRICE);
      const approve = world().token.abi.encodeFunctionData('approve', [world().escrow.address, PRICE]);
      await world().send(wallet, roles.stranger, 'execute', [terms.token, 0, approve]);
      wallets.push(wallet.address);
    }
    const [named = '', other = ''] = wallets;
    const byWallet = { ...terms, buyer: named };
    const id = world().idOf(byWallet);
    const item = signItems(id, [[TAG.buyer, wholeSignature(id, roles.buyer)]]);
    const strangers = { ...terms, buyer: other };
    await world().rejects(
      world().act(roles.stranger, 'fundWithPermit', [strangers, ...NO_PERMIT, item]),
      'BadSignature',
    );
    await world().act(roles.stranger, 'fundWithPermit', [byWallet, ...NO_PERMIT, item]);
    expect([await world().balance(named), await world().balance(other)]).to.deep.equal([0n, PRICE]);
  });

  it('reverts without a permit and without an allowance', async () => {
    const terms = await termsInUsdc();
    await world().rejects(world().act(roles.buyer, 'fundWithPermit', [terms, ...NO_PERMIT, '0x']), 'WrongInflow');
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
  });

  it('D3: reverts the second time', async () => {
    const terms = await termsInUsdc();
    await fundWithPermit(world(), terms, roles.buyer);
    await world().rejects(fundWithPermit(world(), terms, roles.buyer), 'WrongStatus');
  });

  it('D7: reverts when native coin comes along', async () => {
    const terms = await termsInUsdc();
    await rejectsWithoutData(world().act(roles.buyer, 'fundWithPermit', [terms, ...(await permitOf(terms)), '0x'], 1n));
  });

  it('takes money in the last second of fundBy and refuses it one later', async () => {
    const terms = await termsInUsdc({ fundBy: (await world().chain.now()) + DAY / 2 });
    const args = [terms, ...(await permitOf(terms)), '0x'];
    const snapshot = await world().chain.snapshot();
    await world().chain.setNextTime(terms.fundBy + 1);
    await world().rejects(world().act(roles.buyer, 'fundWithPermit', args), 'TooLate');
    await world().chain.restore(snapshot);
    await world().chain.setNextTime(terms.fundBy);
    await world().act(roles.buyer, 'fundWithPermit', args);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('reverts while paused', async () => {
    const terms = await termsInUsdc();
    await world().act(roles.guardian, 'pause', []);
    await world().rejects(fundWithPermit(world(), terms, roles.buyer), 'Paused');
  });

  it('reverts when the token has no code', async () => {
    const terms = await world().terms({ token: roles.stranger.address });
    await rejectsWithoutData(world().act(roles.buyer, 'fundWithPermit', [terms, ...NO_PERMIT, '0x']));
  });
});
