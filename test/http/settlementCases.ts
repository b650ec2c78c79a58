import { expect } from 'chai';
import type { PreparedSettlement } from '../../server/commands/prepareSettlement.ts';
import { AppError, type ErrorCode } from '../../server/errors.ts';
import type { Commands } from '../../server/http/appDeps.ts';
import { addressOf, paymentId, paymentState, transition, txHash } from './records.ts';
import { standIn, type World } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const otherPath = (path: string) => path.replace(paymentId, 'c'.repeat(24));
const signature = `0x${'1b'.repeat(65)}`;
const prepared: PreparedSettlement = {
  kind: 'settlement',
  typedData: { domain: { chainId: 31337n }, types: {}, primaryType: 'Settle', message: { seq: 0n, toSeller: 5n } },
  digest: `0x${'dd'.repeat(32)}`,
  threshold: 2,
  settleSeq: 0,
  validUntil: 1_800_000_000,
  toSeller: 99_500_000_000_000_000_000n,
  toBuyer: 0n,
  remains: 0n,
  signers: [addressOf('1'), addressOf('2')],
  signedBy: [addressOf('1')],
  dropped: [addressOf('2')],
  reverts: 'Expired',
  missing: 1,
  transaction: null,
};

const prepare = ({ transitions }: World) => void transitions.push(transition(5));
function withPayment(prepareSettlement: Commands['prepareSettlement']): World {
  const world = standIn({ commands: { prepareSettlement } });
  prepare(world);
  return world;
}

function answersPayload(path: string, kind: 'release' | 'refund'): void {
  const prepareSettlement: Commands['prepareSettlement'] = async () => prepared;

  it('answers what the admins sign and how many signatures are missing, whole numbers as strings', async () => {
    const { as, calls } = withPayment(prepareSettlement);
    const answer = await as('admin').post(path);
    expect(answer.status, answer.text).to.equal(200);
    const { typedData, ...data } = answer.body.data;
    expect(typedData).to.deep.include({ domain: { chainId: '31337' }, message: { seq: '0', toSeller: '5' } });
    expect(data).to.deep.include({
      threshold: 2,
      settleSeq: 0,
      missing: 1,
      toSeller: '99.5',
      toBuyer: '0',
      remains: '0',
      token: 'USDT',
      transaction: null,
    });
    expect([data.signedBy, data.dropped, data.reverts]).to.deep.equal([[addressOf('1')], [addressOf('2')], 'Expired']);
    expect(calls[0]?.input).to.include({ paymentId, kind });
  });

  it('hands amounts and signatures on, of accounts and of contracts', async () => {
    const { as, calls } = withPayment(prepareSettlement);
    const signatures = [signature, { signer: addressOf('3'), data: '0x1234' }];
    await as('admin').post(path, { toSeller: '60', toBuyer: 40, signatures });
    expect(calls[0]?.input).to.deep.include({ toSeller: '60', toBuyer: '40', signatures });
  });

  it('takes zero for one side of a split', async () => {
    const { as } = withPayment(prepareSettlement);
    expect((await as('admin').post(path, { toSeller: '100', toBuyer: '0' })).status).to.equal(200);
  });
}

function refusesWithItsCode(path: string): void {
  const refusals: Partial<Record<ErrorCode, number>> = {
    not_funded: 409,
    escrow_forwarding: 409,
    escrow_not_final: 409,
    settlement_open: 409,
    unknown_signer: 400,
    already_final: 409,
    amount_exceeds_balance: 409,
    refund_address_missing: 409,
    not_found: 404,
  };
  for (const [code, status] of Object.entries(refusals)) {
    it(`answers ${status} ${code}`, async () => {
      const prepareSettlement = async () => {
        throw new AppError(code as ErrorCode, 'No.');
      };
      const answer = await standIn({ commands: { prepareSettlement } }).as('admin').post(path);
      expectProblem(answer, status, code);
      const waits = code === 'escrow_forwarding' || code === 'escrow_not_final';
      expect(answer.get('retry-after')).to.equal(waits ? '10' : undefined);
    });
  }

  it('says until when a refund waits', async () => {
    const availableAt = '2026-12-05T12:00:00.000Z';
    const prepareSettlement = async () => {
      throw new AppError('refund_waits', 'Later.', { details: { availableAt } });
    };
    const answer = await standIn({ commands: { prepareSettlement } }).as('admin').post(path);
    expectProblem(answer, 409, 'refund_waits');
    expect(answer.body.availableAt).to.equal(availableAt);
  });
}

/** What release and refund have in common: the payload that admins sign. */
export function preparesSettlement(kind: 'release' | 'refund'): void {
  const path = `/api/payment/shkeeper/${paymentId}/${kind}`;
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: {},
    otherBody: { amount: '1' },
    otherPath: path,
    badBodies: {
      'an amount beside parts': { amount: '1', toSeller: '1' },
      'a signature that is too short': { signatures: ['0x1234'] },
      'a signature that is no list': { signatures: signature },
      '21 signatures': { signatures: Array.from({ length: 21 }, () => signature) },
      'a private key': { privateKey: txHash },
    },
    command: 'prepareSettlement',
    commands: { prepareSettlement: async () => prepared },
    prepare,
  });
  for (const [name, amount] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      expectProblem(await standIn().as('admin').post(path, { amount }), 400, 'validation_failed');
    });
  }
  answersPayload(path, kind);
  refusesWithItsCode(path);

  it('finds nothing under an id that is none', async () => {
    expectProblem(await standIn().as('admin').post(`/api/payment/shkeeper/AMN_1/${kind}`), 404, 'not_found');
  });
}

function namesEachReason(path: string): void {
  const codes = [
    'transaction_not_mined',
    'transaction_reverted',
    'transaction_foreign_contract',
    'transaction_other_payment',
    'transaction_mismatch',
    'no_open_settlement',
  ] as const;
  for (const code of codes) {
    it(`answers 409 ${code}`, async () => {
      const confirmSettlement = async () => {
        throw new AppError(code, 'No.');
      };
      const answer = await standIn({ commands: { confirmSettlement } }).as('admin').post(path, { txHash });
      expectProblem(answer, 409, code);
      expect(answer.get('retry-after')).to.equal(code === 'transaction_not_mined' ? '5' : undefined);
    });
  }
}

/** What confirming a release and a refund have in common: the contract's word on one transaction. */
export function confirmsSettlement(kind: 'release' | 'refund'): void {
  const path = `/api/payment/shkeeper/${paymentId}/${kind}/confirm`;
  const status = kind === 'release' ? 'released' : 'refunded';
  const confirmSettlement: Commands['confirmSettlement'] = async () => ({
    state: paymentState({ status }),
    settlement: { state: 'final', txHash },
  });
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: { txHash },
    otherPath: otherPath(path),
    badBodies: {
      'no hash': {},
      'a hash of 31 bytes': { txHash: `0x${'12'.repeat(31)}` },
      'a list of hashes': { txHash: [txHash] },
    },
    command: 'confirmSettlement',
    commands: { confirmSettlement },
  });

  it(`answers ${status} when the contract's event is final`, async () => {
    const { as, calls } = standIn({ commands: { confirmSettlement } });
    const answer = await as('admin').post(path, { txHash });
    expect(answer.body).to.deep.equal({
      success: true,
      data: { status, escrowState: status, settlement: { state: 'final', txHash } },
    });
    expect(calls[0]?.input).to.include({ paymentId, kind, txHash });
  });

  it('answers that the transaction was seen while it is not final', async () => {
    const seen: Commands['confirmSettlement'] = async () => ({
      state: paymentState({ status: 'completed' }),
      settlement: { state: 'seen', txHash },
    });
    const answer = await standIn({ commands: { confirmSettlement: seen } })
      .as('admin')
      .post(path, { txHash });
    expect(answer.status).to.equal(200);
    expect(answer.body.data).to.deep.equal({
      status: 'completed',
      escrowState: 'funded',
      settlement: { state: 'seen', txHash },
    });
  });

  namesEachReason(path);
}
