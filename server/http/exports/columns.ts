import type { PaymentDocument, PayoutDocument } from '../schemas/paymentDocument.ts';

/** The columns of an export, in their order; new ones are appended, so that whoever reads by position reads on. */
export const exportColumns = [
  ...['id', 'direction', 'status', 'escrowState', 'custody', 'exception', 'flags', 'failureReason', 'provider'],
  ...['purchaseRequestId', 'sellerOfferId', 'buyerId', 'sellerId', 'amountExact', 'token', 'network'],
  ...['receivedAmount', 'releasedAmount', 'refundedAmount', 'feeAmount', 'creditedAmount', 'delivered'],
  ...[
    'transactionHash',
    'transactions',
    'payouts',
    'externalId',
    'taskId',
    'sourcePaymentId',
    'payout',
    'termsId',
    'vault',
  ],
  ...['metadata', 'expiresAt', 'createdAt', 'updatedAt', 'seq'],
] as const;

/** A document as one flat row of texts: what has parts as JSON, null and what a payout has not as nothing. */
export function flatRow(document: PaymentDocument | PayoutDocument): string[] {
  return exportColumns.map((column) => {
    const value: unknown = Reflect.get(document, column);
    if (value === null || value === undefined) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
