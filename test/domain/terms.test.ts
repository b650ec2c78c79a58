import { expect } from 'chai';
import {
  buildTerms,
  noMilestones,
  type Terms,
  type TermsFacts,
  termsProblem,
  zeroAddress,
} from '../../server/domain/terms.ts';
import { addresses, expiresAtMs, intent } from './factories.ts';

const facts: TermsFacts = {
  tokenAddress: addresses.token.toUpperCase().replace('0X', '0x'),
  price: 100n,
  expiresAtMs: expiresAtMs + 999,
  buyerWallet: null,
  payoutAddress: null,
  refundTo: null,
  treasury: addresses.treasury,
  refundWallet: addresses.refundWallet,
  deliverDays: 14,
  inspectionDays: 3,
  feeBps: 100,
  disputeSellerBps: 5000,
  ref: noMilestones,
};
const valid = intent().terms;
const bounds = { escrow: addresses.escrow, feeCap: 1000, nowSeconds: valid.fundBy - 900 };
const day = 86_400;

describe('terms', () => {
  it('names the platform where nobody gave an address, and never the same one twice', () => {
    const { terms, sellerIsPlatform, refundIsPlatform } = buildTerms(facts);
    expect(terms).to.include({ buyer: zeroAddress, seller: addresses.treasury, refundTo: addresses.refundWallet });
    expect([sellerIsPlatform, refundIsPlatform]).to.deep.equal([true, true]);
    expect(termsProblem(terms, bounds)).to.equal(null);
  });

  it('takes the given addresses in lower case and derives the deadlines from the expiry', () => {
    const given = { buyerWallet: addresses.payer, payoutAddress: `0x${'A'.repeat(40)}`, refundTo: addresses.refundTo };
    const { terms, sellerIsPlatform, refundIsPlatform } = buildTerms({ ...facts, ...given });
    const fundBy = expiresAtMs / 1000;
    expect(terms).to.deep.equal({
      buyer: addresses.payer,
      seller: `0x${'a'.repeat(40)}`,
      token: addresses.token,
      amount: 100n,
      fundBy,
      deliverBy: fundBy + 14 * day,
      inspection: 3 * day,
      feeBps: 100,
      disputeSellerBps: 5000,
      milestonesHash: noMilestones,
      refundTo: addresses.refundTo,
      ref: noMilestones,
    });
    expect([sellerIsPlatform, refundIsPlatform]).to.deep.equal([false, false]);
  });

  const bad: readonly (readonly [string, Partial<Terms>])[] = [
    ['seller is zero', { seller: zeroAddress }],
    ['refundTo is zero', { refundTo: zeroAddress }],
    ['amount is no positive uint96', { amount: 0n }],
    ['amount is no positive uint96', { amount: 2n ** 96n }],
    ['seller and refundTo are the same', { seller: valid.refundTo }],
    ['seller and buyer are the same', { buyer: valid.seller }],
    ['a party or the token is the escrow', { buyer: addresses.escrow }],
    ['a party or the token is the escrow', { seller: addresses.escrow }],
    ['a party or the token is the escrow', { refundTo: addresses.escrow }],
    ['a party or the token is the escrow', { token: addresses.escrow }],
    ['the token is a party', { token: valid.seller }],
    ['the token is a party', { token: valid.refundTo }],
    ['a deadline is no uint40', { deliverBy: 2 ** 40 }],
    ['a deadline is no uint40', { fundBy: valid.fundBy + 0.5 }],
    ['deliverBy is before fundBy', { deliverBy: valid.fundBy - 1 }],
    ['deliverBy is more than 366 days after fundBy', { deliverBy: valid.fundBy + 366 * day + 1 }],
    ['inspection is not between an hour and 90 days', { inspection: 3_599 }],
    ['inspection is not between an hour and 90 days', { inspection: 90 * day + 1 }],
    ['the fee is above the cap', { feeBps: 1001 }],
    ['disputeSellerBps is above 10,000', { disputeSellerBps: 10_001 }],
  ];
  for (const [problem, fields] of bad)
    it(`says that ${problem} (${Object.keys(fields).join()})`, () => {
      expect(termsProblem({ ...valid, ...fields }, bounds)).to.equal(problem);
    });

  it('accepts every edge the contract accepts', () => {
    for (const fields of [
      { amount: 2n ** 96n - 1n },
      { deliverBy: valid.fundBy },
      { deliverBy: valid.fundBy + 366 * day },
      { inspection: 3_600 },
      { inspection: 90 * day },
      { feeBps: 1000 },
      { disputeSellerBps: 10_000 },
      { buyer: valid.refundTo },
    ])
      expect(termsProblem({ ...valid, ...fields }, bounds), JSON.stringify(Object.keys(fields))).to.equal(null);
    const edge = { ...bounds, nowSeconds: valid.fundBy - 366 * day };
    expect(termsProblem(valid, edge)).to.equal(null);
    expect(termsProblem(valid, { ...edge, nowSeconds: edge.nowSeconds - 1 })).to.equal(
      'fundBy is more than 366 days away',
    );
  });
});
