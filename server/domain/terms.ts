/** The purchase agreement the escrow contract hashes into a payment's id; addresses are lower-case hex, times are unix seconds. */
export interface Terms {
  readonly buyer: string;
  readonly seller: string;
  readonly token: string;
  readonly amount: bigint;
  readonly fundBy: number;
  readonly deliverBy: number;
  readonly inspection: number;
  readonly feeBps: number;
  readonly disputeSellerBps: number;
  readonly milestonesHash: string;
  readonly refundTo: string;
  readonly ref: string;
}

/** The address that stands for "nobody" (and, as a token, for the native coin) in the contract. */
export const zeroAddress = `0x${'0'.repeat(40)}`;

/** The milestones hash of a payment without milestones. */
export const noMilestones = `0x${'0'.repeat(64)}`;

const secondsOfDay = 86_400;

/** Everything terms are made from; addresses that nobody gave are null, and the platform stands in for them. */
export interface TermsFacts {
  readonly tokenAddress: string;
  readonly price: bigint;
  readonly expiresAtMs: number;
  readonly buyerWallet: string | null;
  readonly payoutAddress: string | null;
  readonly refundTo: string | null;
  readonly treasury: string;
  readonly refundWallet: string;
  readonly deliverDays: number;
  readonly inspectionDays: number;
  readonly feeBps: number;
  readonly disputeSellerBps: number;
  readonly ref: string;
}

/** Builds the terms of a payment; without a seller's address they name the treasury, without a refund address the refund wallet. */
export function buildTerms(facts: TermsFacts): { terms: Terms; sellerIsPlatform: boolean; refundIsPlatform: boolean } {
  const fundBy = Math.floor(facts.expiresAtMs / 1000);
  const terms: Terms = {
    buyer: (facts.buyerWallet ?? zeroAddress).toLowerCase(),
    seller: (facts.payoutAddress ?? facts.treasury).toLowerCase(),
    token: facts.tokenAddress.toLowerCase(),
    amount: facts.price,
    fundBy,
    deliverBy: fundBy + facts.deliverDays * secondsOfDay,
    inspection: facts.inspectionDays * secondsOfDay,
    feeBps: facts.feeBps,
    disputeSellerBps: facts.disputeSellerBps,
    milestonesHash: noMilestones,
    refundTo: (facts.refundTo ?? facts.refundWallet).toLowerCase(),
    ref: facts.ref.toLowerCase(),
  };
  return { terms, sellerIsPlatform: facts.payoutAddress === null, refundIsPlatform: facts.refundTo === null };
}

/** What the contract will accept: its own address, its fee cap in basis points, and the time it would judge at. */
export interface TermsBounds {
  readonly escrow: string;
  readonly feeCap: number;
  readonly nowSeconds: number;
}

const longestSpan = 366 * secondsOfDay;
const uint40 = 2 ** 40;

/** Why the contract would refuse these terms (docs/contract/overview.md, valid terms), or null when they are valid. */
export function termsProblem(terms: Terms, bounds: TermsBounds): string | null {
  const escrow = bounds.escrow.toLowerCase();
  const rules: readonly (readonly [boolean, string])[] = [
    [terms.seller !== zeroAddress, 'seller is zero'],
    [terms.refundTo !== zeroAddress, 'refundTo is zero'],
    [terms.amount > 0n && terms.amount < 2n ** 96n, 'amount is no positive uint96'],
    [terms.seller !== terms.refundTo, 'seller and refundTo are the same'],
    [terms.seller !== terms.buyer, 'seller and buyer are the same'],
    [![terms.buyer, terms.seller, terms.refundTo, terms.token].includes(escrow), 'a party or the token is the escrow'],
    [terms.token !== terms.seller && terms.token !== terms.refundTo, 'the token is a party'],
    [isWhole(terms.fundBy, uint40) && isWhole(terms.deliverBy, uint40), 'a deadline is no uint40'],
    [terms.fundBy <= bounds.nowSeconds + longestSpan, 'fundBy is more than 366 days away'],
    [terms.fundBy <= terms.deliverBy, 'deliverBy is before fundBy'],
    [terms.deliverBy <= terms.fundBy + longestSpan, 'deliverBy is more than 366 days after fundBy'],
    [
      isWhole(terms.inspection, uint40) && terms.inspection >= 3_600 && terms.inspection <= 90 * secondsOfDay,
      'inspection is not between an hour and 90 days',
    ],
    [isWhole(terms.feeBps, bounds.feeCap + 1), 'the fee is above the cap'],
    [isWhole(terms.disputeSellerBps, 10_001), 'disputeSellerBps is above 10,000'],
  ];
  return rules.find(([holds]) => !holds)?.[1] ?? null;
}

const isWhole = (value: number, below: number) => Number.isSafeInteger(value) && value >= 0 && value < below;
