import { expect } from 'chai';
import request from 'supertest';
import { behavesLikeOpenMutation, refreshToken } from './sessionCases.ts';
import { standIn } from './standIn.ts';

const path = '/api/payment/v1/sessions/end';
const commands = { endSession: async () => undefined };

describe('POST /api/payment/v1/sessions/end', () => {
  behavesLikeOpenMutation({
    path,
    body: { refreshToken },
    badBodies: { nothing: {}, 'another form': { refreshToken: `${refreshToken}=` } },
    command: 'endSession',
    commands,
  });

  it('answers the same whether there was a session or not', async () => {
    const answer = await request(standIn({ commands }).app).post(path).send({ refreshToken });
    expect(answer.body).to.deep.equal({ success: true });
  });
});
