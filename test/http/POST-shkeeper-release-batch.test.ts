import { expect } from 'chai';
import type { PreparedBatch } from '../../server/commands/prepareBatch.ts';
import { AppError } from '../../server/errors.ts';
import type { Commands } from '../../server/http/appDeps.ts';
import { addressOf, otherPaymentId, paymentId, paymentState } from './records.ts';
import { standIn } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/release-batch';
const items = [{ paymentId }];
const signature = `0x${'1b'.repeat(65)}`;
const call = { to: addressOf('e'), data: '0x1234', value: '0', chainId: 31337 };
const settlement: PreparedBatch['items'][number]['settlement'] = {
  ...{ kind: 'release', settleSeq: 3, toSeller: 99_500_000_000_000_000_000n, toBuyer: 0n, validUntil: 1_800_000_000 },
  ...{ digest: `0x${'dd'.repeat(32)}`, origin: 'held', signatures: [], seenTxHash: null },
};
const prepared: PreparedBatch = {
  typedData: { domain: { chainId: 31337n }, types: {}, primaryType: 'SettleBatch', message: { items: [] } },
  digest: `0x${'ee'.repeat(32)}`,
  ...{ network: 'bsc', threshold: 2, missing: 0, validUntil: 1_800_000_000 },
  items: [{ state: paymentState({ settlement }), settlement }],
  signers: [addressOf('1'), addressOf('2')],
  signedBy: [addressOf('1'), addressOf('2')],
  dropped: [addressOf('3')],
  reverts: 'WrongSeq',
  transactions: { settleBatch: call, settleBatchReport: call },
};
const prepareBatch: Commands['prepareBatch'] = async () => prepared;
const ids = (count: number) => Array.from({ length: count }, (_, n) => n.toString(16).padStart(24, '0'));

describe('POST /api/payment/shkeeper/release-batch', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: { items },
    otherBody: { items: [{ paymentId: otherPaymentId }] },
    badBodies: {
      'no items': {},
      'an empty list': { items: [] },
      '51 payments': { items: ids(51).map((id) => ({ paymentId: id })) },
      'a payment twice': { items: [...items, { paymentId, amount: '1' }] },
      'a list of ids': { items: [paymentId] },
      'an id that is none': { items: [{ paymentId: 'AMN_1' }] },
      'a refund': { items: [{ paymentId, toBuyer: '1' }] },
      'a signature that is too short': { items, signatures: ['0x1234'] },
      '9 signatures': { items, signatures: Array.from({ length: 9 }, () => signature) },
      'a file of another call': { items, safe: 'settle' },
      'a file of no call': { items, safe: true },
    },
    command: 'prepareBatch',
    commands: { prepareBatch },
    // A repeat finds what is prepared already, so nothing has to be claimed.
    claims: false,
  });

  for (const [name, amount] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      const answer = await standIn()
        .as('admin')
        .post(path, { items: [{ paymentId, amount }] });
      expectProblem(answer, 400, 'validation_failed');
    });
  }

  it('takes 50 payments', async () => {
    const { as, calls } = standIn({ commands: { prepareBatch } });
    const answer = await as('admin').post(path, { items: ids(50).map((id) => ({ paymentId: id })) });
    expect(answer.status, answer.text).to.equal(200);
    expect(calls[0]?.input).to.have.property('items').with.length(50);
  });

  it('answers what is signed, what each payment gives, and both transactions', async () => {
    const answer = await standIn({ commands: { prepareBatch } }).as('admin').post(path, { items });
    expect(answer.body).to.deep.equal({
      success: true,
      data: {
        kind: 'batch',
        typedData: { domain: { chainId: '31337' }, types: {}, primaryType: 'SettleBatch', message: { items: [] } },
        digest: prepared.digest,
        ...{ network: 'bsc', threshold: 2, missing: 0, validUntil: 1_800_000_000 },
        items: [
          {
            ...{ paymentId, settleSeq: 3, toSeller: '99.5', toBuyer: '0', validUntil: 1_800_000_000 },
            ...{ remains: '0', token: 'USDT' },
          },
        ],
        signers: prepared.signers,
        signedBy: prepared.signedBy,
        dropped: prepared.dropped,
        reverts: 'WrongSeq',
        transactions: prepared.transactions,
      },
    });
  });

  it('hands on amounts, signatures of keys and of contracts, and the wish for a file', async () => {
    const { as, calls } = standIn({ commands: { prepareBatch } });
    const signatures = [signature, { signer: addressOf('3'), data: '0x1234' }];
    const safe = 'settleBatchReport';
    const sent = { items: [{ paymentId, amount: 40 }], signatures, safe };
    expect((await as('admin').post(path, sent)).status).to.equal(200);
    expect(calls[0]?.input).to.deep.include({ items: [{ paymentId, amount: '40' }], signatures, safe });
  });

  it('answers 409 with each payment that cannot be released and why', async () => {
    const problems = [{ paymentId, code: 'risk_hold', message: 'Held.' }];
    const refusing = async () => {
      throw new AppError('batch_refused', 'No.', { details: { items: problems } });
    };
    const answer = await standIn({ commands: { prepareBatch: refusing } })
      .as('admin')
      .post(path, { items });
    expectProblem(answer, 409, 'batch_refused');
    expect(answer.body.items).to.deep.equal(problems);
  });

  it('answers 422 when a contract does not take its signature', async () => {
    const refusing = async () => {
      throw new AppError('signature_refused', 'No.', { details: { signer: addressOf('3') } });
    };
    const answer = await standIn({ commands: { prepareBatch: refusing } })
      .as('admin')
      .post(path, { items });
    expectProblem(answer, 422, 'signature_refused');
    expect(answer.body.signer).to.equal(addressOf('3'));
  });
});
