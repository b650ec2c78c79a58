import { expect } from 'chai';
import { opened } from './sessionCases.ts';
import { standIn } from './standIn.ts';
import { behavesLikeMutation } from './standingCases.ts';

const path = '/api/payment/v1/second-factor';
const begun = { secret: 'CANARYSEED', address: 'otpauth://totp/Holdfast:anna?secret=CANARYSEED' };
const confirmed = { access: opened.access, backupCodes: ['ABCD-EFGH-2345-WXYZ'] };
const commands = { enrolFactor: async () => begun, confirmFactor: async () => confirmed };

describe('POST /api/payment/v1/second-factor', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller'],
    body: { password: 'canary-password' },
    badBodies: { nothing: {}, 'an empty one': { password: '' }, 'an operator object': { password: { $ne: '' } } },
    command: 'enrolFactor',
    commands,
    keyed: false,
  });

  it('shows the seed once: no key keeps it, and the log never has it', async () => {
    const { as, calls, logged } = standIn({ commands });
    for (let n = 0; n < 2; n += 1) {
      const answer = await as('auditor').post(path, { password: 'canary-password' }, 'key-1');
      expect(answer.body).to.deep.equal({ success: true, data: begun });
      expect(answer.get('cache-control')).to.equal('no-store');
    }
    expect(calls).to.have.length(2);
    expect(JSON.stringify(logged)).not.to.match(/canary/i);
  });
});

describe('POST /api/payment/v1/second-factor/confirm', () => {
  behavesLikeMutation({
    path: `${path}/confirm`,
    role: 'admin',
    wrongRoles: ['buyer', 'seller'],
    body: { code: '123456' },
    badBodies: { nothing: {}, 'a backup code': { code: 'ABCD-EFGH-2345-WXYZ' } },
    command: 'confirmFactor',
    commands,
    keyed: false,
  });

  it('shows the backup codes once', async () => {
    const { as, calls } = standIn({ commands });
    for (let n = 0; n < 2; n += 1) {
      const answer = await as('admin').post(`${path}/confirm`, { code: '123456' }, 'key-1');
      expect(answer.body.data).to.deep.include({ backupCodes: confirmed.backupCodes, tokenType: 'Bearer' });
    }
    expect(calls).to.have.length(2);
  });
});
