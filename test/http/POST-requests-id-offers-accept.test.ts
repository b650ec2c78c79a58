import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { purchaseRequest, sellerOffer } from './records.ts';
import { standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/requests/request-1/offers/offer-1/accept';
const commands = {
  acceptOffer: async () => ({
    request: purchaseRequest({ selectedOfferId: 'offer-1' }),
    offer: sellerOffer({ status: 'selected' }),
  }),
};

describe('POST /api/requests/:id/offers/:offerId/accept', () => {
  behavesLikeMutation({
    path,
    role: 'buyer',
    wrongRoles: ['seller', 'auditor'],
    body: {},
    otherPath: '/api/requests/request-1/offers/offer-2/accept',
    badBodies: { 'a field nobody asked for': { offerId: 'offer-2' } },
    command: 'acceptOffer',
    commands,
    claims: false,
  });

  it('selects the offer that the path names', async () => {
    const { as, calls } = standIn({ commands });
    const answer = await as('buyer').post(path);
    expect(calls[0]?.input).to.include({ requestId: 'request-1', offerId: 'offer-1' });
    expect(answer.body.data.request.selectedOfferId).to.equal('offer-1');
    expect(answer.body.data.offer.status).to.equal('selected');
  });

  it('answers 409 when the request has closed', async () => {
    const acceptOffer = async () => {
      throw new AppError('request_closed', 'Too late.');
    };
    expectProblem(await standIn({ commands: { acceptOffer } }).as('buyer').post(path), 409, 'request_closed');
  });
});
