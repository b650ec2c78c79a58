import type { Terms } from './escrowTerms.ts';
import { DAY, ZERO_ADDRESS } from './escrowWorld.ts';

/** The longest that `fundBy` may lie ahead, and `deliverBy` after it. */
export const YEAR = 366 * DAY;

/** Changes that each break one rule of valid terms, by the name of the rule. */
export type Broken = readonly (readonly [rule: string, changes: Partial<Terms>])[];

/** Every address that terms refuse, alone or beside another. */
export function badAddresses(base: Terms, escrow: string): Broken {
  return [
    ['seller is zero', { seller: ZERO_ADDRESS }],
    ['refundTo is zero', { refundTo: ZERO_ADDRESS }],
    ['seller is refundTo', { seller: base.refundTo }],
    ['seller is buyer', { buyer: base.seller }],
    ['buyer is the escrow', { buyer: escrow }],
    ['seller is the escrow', { seller: escrow }],
    ['refundTo is the escrow', { refundTo: escrow }],
    ['token is the escrow', { token: escrow }],
    ['token is seller', { seller: base.token }],
    ['token is refundTo', { refundTo: base.token }],
  ];
}

/** Every number just outside its bound; `lastTime` is the latest second at which the terms are used. */
export function badNumbers(base: Terms, lastTime: number): Broken {
  const late = lastTime + YEAR + 1;
  return [
    ['amount is zero', { amount: 0n }],
    ['fundBy is beyond 366 days', { fundBy: late, deliverBy: late }],
    ['deliverBy is before fundBy', { deliverBy: base.fundBy - 1 }],
    ['deliverBy is beyond 366 days after fundBy', { deliverBy: base.fundBy + YEAR + 1 }],
    ['inspection is under an hour', { inspection: 3_599 }],
    ['inspection is above 90 days', { inspection: 90 * DAY + 1 }],
    ['fee is above the cap', { feeBps: 1_001 }],
    ['dispute share is above the whole', { disputeSellerBps: 10_001 }],
  ];
}
