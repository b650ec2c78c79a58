import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { paymentId, paymentState, transition } from './records.ts';
import { standIn, type World } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}/accept-late`;
const completed = paymentState({ status: 'completed' });
const commands = { acceptLate: async () => completed };
const prepare = ({ transitions }: World) => void transitions.push(transition(9, { state: completed }));

describe('POST /api/payment/:id/accept-late', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: {},
    otherPath: path.replace(paymentId, 'c'.repeat(24)),
    badBodies: { 'an amount': { amount: 1 } },
    command: 'acceptLate',
    commands,
    prepare,
  });

  it('answers the completed payment at its newest version', async () => {
    const world = standIn({ commands });
    prepare(world);
    const { body } = await world.as('admin').post(path);
    expect(body.data).to.include({ status: 'completed', escrowState: 'funded', seq: 9 });
  });

  it('answers 409 when the delivery deadline is too close', async () => {
    const acceptLate = async () => {
      throw new AppError('too_close_to_delivery', 'Refund it.');
    };
    expectProblem(await standIn({ commands: { acceptLate } }).as('admin').post(path), 409, 'too_close_to_delivery');
  });
});
