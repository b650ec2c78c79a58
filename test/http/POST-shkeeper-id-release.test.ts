import { preparesSettlement } from './settlementCases.ts';

describe('POST /api/payment/shkeeper/:id/release', () => {
  preparesSettlement('release');
});
