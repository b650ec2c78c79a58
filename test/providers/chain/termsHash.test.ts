import { expect } from 'chai';
import { concat, getCreate2Address, keccak256, TypedDataEncoder } from 'ethers';
import fc from 'fast-check';
import type { Terms } from '../../../server/domain/terms.ts';
import { escrowDomain, termsIdOf, termsTypes, vaultOf } from '../../../server/providers/chain/escrowContract.ts';

const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((one) => `0x${one.join('')}`);
const [address, bytes32] = [hex(40), hex(64)];
const below = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const someTerms: fc.Arbitrary<Terms> = fc.record({
  ...{ buyer: address, seller: address, token: address, refundTo: address },
  amount: fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }),
  ...{ fundBy: fc.maxSafeInteger().map((n) => Math.abs(n) % 2 ** 40), deliverBy: below(31), inspection: below(32) },
  ...{ feeBps: below(16), disputeSellerBps: below(16), milestonesHash: bytes32, ref: bytes32 },
});
const general = (chainId: number, escrow: string, terms: Terms) =>
  TypedDataEncoder.hash(escrowDomain(chainId, escrow), termsTypes, { ...terms });

describe('the id and the vault of terms', () => {
  it('are those that a general encoder computes, whatever the terms', () => {
    fc.assert(
      fc.property(someTerms, address, fc.constantFrom(1, 56, 31_337), (terms, escrow, chainId) => {
        const termsId = termsIdOf(chainId, escrow, terms);
        expect(termsId).to.equal(general(chainId, escrow, terms));
        const code = concat(['0x603f8060095f395ff33373', escrow, vaultTail]);
        expect(vaultOf(escrow, termsId)).to.equal(getCreate2Address(escrow, termsId, keccak256(code)).toLowerCase());
      }),
      { numRuns: 30 },
    );
  });

  it('are the same for an address in another spelling', () => {
    const [terms] = fc.sample(someTerms, { numRuns: 1, seed: 7 });
    const escrow = `0x${'ab'.repeat(20)}`;
    if (terms === undefined) throw new Error('no terms');
    const spelled = { ...terms, seller: `0x${'AB'.repeat(20)}` };
    expect(termsIdOf(56, escrow, spelled)).to.equal(termsIdOf(56, escrow, { ...terms, seller: escrow }));
  });

  it('refuse what the contract could not hold, as the general encoder does', () => {
    const [terms] = fc.sample(someTerms, { numRuns: 1, seed: 7 });
    if (terms === undefined) throw new Error('no terms');
    const escrow = `0x${'ab'.repeat(20)}`;
    const wrong: Partial<Terms>[] = [
      { amount: 2n ** 96n },
      { amount: -1n },
      { feeBps: 65_536 },
      { inspection: 0.5 },
      { seller: '0x12' },
      { ref: `0x${'g'.repeat(64)}` },
    ];
    for (const one of wrong) expect(() => termsIdOf(56, escrow, { ...terms, ...one }), Object.keys(one)[0]).to.throw();
    expect(() => vaultOf(escrow, '0x12')).to.throw();
    expect(() => vaultOf('0x12', `0x${'1'.repeat(64)}`)).to.throw();
  });
});

const vaultTail = '0x18361517603d5760205f602036038060205f375f5f358060a01c905af16039575f5ffd5b3d5ff35b00';
