import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { opened } from './sessionCases.ts';
import { nowMs, standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/v1/sessions/step-up';
const commands = { stepUp: async () => ({ access: opened.access, steppedUpUntilMs: nowMs + 300_000 }) };

describe('POST /api/payment/v1/sessions/step-up', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller'],
    body: { code: '123456' },
    badBodies: {
      nothing: {},
      'five digits': { code: '12345' },
      'a number': { code: 123456 },
      'a backup code of other letters': { code: 'AAAA-BBBB-CCCC-0000' },
    },
    command: 'stepUp',
    commands,
    keyed: false,
  });

  it('takes a time code or a backup code, and hands on whose session it is', async () => {
    const bearer = { userId: 'adm-1', role: 'admin', sessionId: 's-1', expiresAtMs: nowMs } as const;
    const { as, calls } = standIn({ commands, deps: { verifyToken: () => bearer } });
    for (const code of ['123456', 'ABCD-EFGH-2345-WXYZ', 'abcdefgh2345wxyz']) {
      expect((await as('admin').post(path, { code })).status).to.equal(200);
    }
    expect(calls[0]?.input).to.deep.equal({ bearer: { sessionId: 's-1' }, code: '123456' });
  });

  it('keeps no answer under an idempotency key: a code is good for one token', async () => {
    const { as, calls } = standIn({ commands });
    for (let n = 0; n < 2; n += 1) {
      const answer = await as('admin').post(path, { code: '123456' }, 'key-1');
      expect(answer.get('idempotent-replayed')).to.equal(undefined);
      expect(answer.body.data).to.include({ steppedUpUntil: '2026-11-21T12:05:00.000Z' });
    }
    expect(calls).to.have.length(2);
  });

  for (const code of ['code_refused', 'second_factor_missing', 'session_ended'] as const) {
    it(`answers ${code} as a problem`, async () => {
      const stepUp = async () => {
        throw new AppError(code, 'No.');
      };
      const status = { code_refused: 403, second_factor_missing: 409, session_ended: 401 }[code];
      expectProblem(await standIn({ commands: { stepUp } }).as('admin').post(path, { code: '123456' }), status, code);
    });
  }
});
