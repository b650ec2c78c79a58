import { expect } from 'chai';
import { getCreate2Address, keccak256, MaxUint256, TypedDataEncoder } from 'ethers';
import { PERMIT2_WITNESS, TERMS_TYPES } from './escrowTerms.ts';
import { PRICE, roles, useEscrowWorld } from './escrowWorld.ts';
import { deployPermit2, permit2Build } from './permit2.ts';
import { rejectsWith } from './rejections.ts';
import { wholeSignature } from './signatureItems.ts';
import { permit2Digest, permit2OrderFor } from './signedFunding.ts';

describe('Permit2 of the tests', () => {
  const world = useEscrowWorld();

  it('is the real one: its init code makes the canonical address', () => {
    const { deployer, salt, initCode, address } = permit2Build;
    expect(getCreate2Address(deployer, salt, keccak256(initCode))).to.equal(address);
  });

  it('has the domain of this chain', async () => {
    const permit2 = await deployPermit2(world().chain);
    const domain = { name: 'Permit2', chainId: world().chain.chainId, verifyingContract: permit2.address };
    expect((await world().read(permit2, 'DOMAIN_SEPARATOR'))[0]).to.equal(TypedDataEncoder.hashDomain(domain));
  });

  it('takes a witness signed as the terms, once', async () => {
    const permit2 = await deployPermit2(world().chain);
    await world().mint(roles.buyer.address, PRICE);
    await world().send(world().token, roles.buyer, 'approve', [permit2.address, MaxUint256]);
    const terms = await world().terms();
    const order = { ...(await permit2OrderFor(world(), terms)), spender: roles.stranger.address };
    const args = [
      order,
      { to: roles.seller.address, requestedAmount: PRICE },
      roles.buyer.address,
      TypedDataEncoder.hashStruct('Terms', TERMS_TYPES, terms),
      PERMIT2_WITNESS,
      wholeSignature(permit2Digest(order, world().chain.chainId), roles.buyer),
    ];
    await world().send(permit2, roles.stranger, 'permitWitnessTransferFrom', args);
    expect(await world().balance(roles.seller.address)).to.equal(PRICE);
    await rejectsWith(world().send(permit2, roles.stranger, 'permitWitnessTransferFrom', args), 'InvalidNonce()');
  });
});
