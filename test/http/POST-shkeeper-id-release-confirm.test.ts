import { confirmsSettlement } from './settlementCases.ts';

describe('POST /api/payment/shkeeper/:id/release/confirm', () => {
  confirmsSettlement('release');
});
