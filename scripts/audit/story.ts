import { randomBytes } from 'node:crypto';
import type { Signal } from '../../server/domain/signal.ts';
import { buildTerms } from '../../server/domain/terms.ts';

const hex = (bytes: number) => `0x${randomBytes(bytes).toString('hex')}`;
const price = 100n * 10n ** 18n;
const [token, seller, refundTo] = [hex(20), hex(20), hex(20)];
const asset = { network: 'measured', chainId: 56, token: 'USDT', tokenAddress: token, decimals: 18 };

/** The signals of a payment into its vault that is released: six transitions. */
export function releasedStory(paymentId: string): Signal[] {
  const now = Date.now();
  const [termsId, vault, expiresAtMs] = [hex(32), hex(20), now + 900_000];
  const wallets = { buyerWallet: null, payoutAddress: seller, refundTo, treasury: hex(20), refundWallet: hex(20) };
  const days = { deliverDays: 14, inspectionDays: 3, feeBps: 100, disputeSellerBps: 5_000 };
  const { terms } = buildTerms({ tokenAddress: token, price, expiresAtMs, ...wallets, ...days, ref: hex(32) });
  const place = { blockNumber: 1_001, blockHash: hex(32) };
  const transfer = { chainId: 56, txHash: hex(32), receiver: vault, tokenAddress: token, asset: 'measured:USDT' };
  const amounts = { settleSeq: 0, toSeller: price, toBuyer: 0n };
  return [
    {
      kind: 'intentOpened',
      intent: {
        ...{
          rail: 'web3',
          marketplaceId: 'main',
          requestId: `r${paymentId}`,
          offerId: `o${paymentId}`,
          metadata: null,
        },
        ...{ buyerId: 'buyer', sellerId: 'seller', asset, price, terms, termsId, vault, provider: null },
        ...{ sellerIsPlatform: false, refundIsPlatform: false, headBlock: 1_000, claimNumber: 0 },
        ...{ expiresAtMs, watchUntilMs: expiresAtMs + 86_400_000 },
      },
    },
    { kind: 'hintGiven', hint: transfer.txHash },
    {
      kind: 'transferConfirmed',
      transfer: { ...transfer, ...place, amount: price, blockTimeMs: now, senders: [hex(20)] },
    },
    {
      kind: 'settlementPrepared',
      ...{ settlement: 'release', ...amounts, validUntil: 4_000_000_000, digest: hex(32), final: true },
    },
    { kind: 'delivered', txHash: hex(32) },
    {
      kind: 'settlementConfirmed',
      fact: { chainId: 56, termsId, ...amounts, fee: price / 100n, credits: [], txHash: hex(32), ...place },
    },
  ];
}
