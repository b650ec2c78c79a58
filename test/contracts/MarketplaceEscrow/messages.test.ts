import { expect } from 'chai';
import { concat, id, Signature, TypedDataEncoder } from 'ethers';
import { domainOf, idOf, SETTLE_TYPES, TERMS_TYPES } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';

describe('MarketplaceEscrow messages', () => {
  const world = useEscrowWorld();

  it('S7: has the type hashes of the table', () => {
    const terms = TypedDataEncoder.from(TERMS_TYPES).encodeType('Terms');
    const settle = TypedDataEncoder.from(SETTLE_TYPES).encodeType('Settle');
    expect(id(terms)).to.equal('0xb06ac372108286305be9650961c2e25bb89855f3802182ba0410172b4731dd30');
    expect(id(settle)).to.equal('0x4a2b45ac85141316c5faa5fc77846cae1214394984ad858b20f30d8143bd1a35');
  });

  it('S7: computes the id as ethers does', async () => {
    const terms = await world().terms();
    const [contractId] = await world().read(world().escrow, 'idOf', [terms]);
    expect(contractId).to.equal(world().idOf(terms));
  });

  it('S7: computes the domain separator as ethers does', async () => {
    const [separator] = await world().read(world().escrow, 'domainSeparator');
    const domain = domainOf(world().escrow.address, world().chain.chainId);
    expect(separator).to.equal(TypedDataEncoder.hashDomain(domain));
  });

  it('accepts what a wallet signs as typed data', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    const settle = await world().settlement(terms, { toSeller: PRICE - 1n, toBuyer: 1n });
    const domain = domainOf(world().escrow.address, world().chain.chainId);
    const items = await Promise.all(
      [roles.signers[0], roles.signers[1]].map(async (signer, index) => {
        const signature = await signer.signTypedData(domain, SETTLE_TYPES, settle);
        return concat([`0x0${index}`, Signature.from(signature).compactSerialized]);
      }),
    );
    await world().act(roles.stranger, 'settle', [terms, settle, concat(items)]);
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('gives the same terms another id for another deployment', async () => {
    const terms = await world().terms();
    const other = await world().deployEscrow();
    const [otherId] = await world().read(other, 'idOf', [terms]);
    expect(otherId).to.equal(idOf(terms, other.address, world().chain.chainId));
    expect(otherId).not.to.equal(world().idOf(terms));
  });
});
