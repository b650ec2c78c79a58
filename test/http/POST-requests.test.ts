import { expect } from 'chai';
import { addressOf, purchaseRequest } from './records.ts';
import { standIn } from './standIn.ts';
import { behavesLikeMutation } from './standingCases.ts';

const commands = { postRequest: async () => purchaseRequest() };

describe('POST /api/requests', () => {
  behavesLikeMutation({
    path: '/api/requests',
    role: 'buyer',
    wrongRoles: ['seller', 'admin', 'auditor'],
    body: { title: 'A bicycle' },
    otherBody: { title: 'A car' },
    badBodies: {
      'no title': {},
      'a blank title': { title: '   ' },
      'an operator for a title': { title: { $ne: null } },
      'a wallet that is no address': { title: 'A bicycle', buyerWallet: '0x12' },
    },
    status: 201,
    command: 'postRequest',
    commands,
  });

  it('hands on who asks and the checked fields, and shows the buyer his own wallets', async () => {
    const { as, calls } = standIn({ commands });
    const answer = await as('buyer').post('/api/requests', { title: ' A bicycle ', refundTo: addressOf('3') });
    expect(calls[0]?.input).to.deep.equal({
      actor: { userId: 'buyer-1', role: 'buyer' },
      title: 'A bicycle',
      description: '',
      refundTo: addressOf('3'),
    });
    expect(answer.body.success).to.equal(true);
    expect(answer.body.data).to.include({ id: 'request-1', status: 'open', buyerWallet: addressOf('1') });
  });
});
