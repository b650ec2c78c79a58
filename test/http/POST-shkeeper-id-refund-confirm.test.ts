import { confirmsSettlement } from './settlementCases.ts';

describe('POST /api/payment/shkeeper/:id/refund/confirm', () => {
  confirmsSettlement('refund');
});
