import { expect } from 'chai';
import type { ApprovePayoutInput } from '../../server/commands/approvePayout.ts';
import { payoutLimitsOf } from '../../server/config/payouts.ts';
import { checkClaims } from '../../server/domain/invariants/claims.ts';
import { approvalHash } from '../../server/domain/payoutApproval.ts';
import { AppError } from '../../server/errors.ts';
import type { Actor } from '../../server/ports.ts';
import {
  admin,
  hour,
  key,
  limits,
  type Owing,
  openPayoutStage,
  outcome,
  type PayoutStage,
  tokens,
  wallet,
} from './limitedPayoutStage.ts';

const other: Actor = { userId: 'another-admin', role: 'admin' };
const third: Actor = { userId: 'a-third-admin', role: 'admin' };

describe('payouts above the limits, which a second admin approves', () => {
  let stage: PayoutStage;
  before(async () => {
    stage = await openPayoutStage();
  });
  after(() => stage?.close());
  // Every test finds the payouts of the ones before it more than a day old.
  beforeEach(() => stage.advance(48 * hour));

  const pay = (payment: Owing, amount: number, more: object = {}, store = stage.first) =>
    stage.over(store)(stage.order(payment, amount, more));
  const refusalOf = async (payout: Promise<object>): Promise<AppError> => {
    const refusal = await payout.catch((error: unknown) => error);
    if (!(refusal instanceof AppError)) throw new Error('it was not refused');
    return refusal;
  };
  /** What the proposer is told to have approved: the words and the hash of his refused order. */
  async function proposed(payment: Owing, amount: number, more: object = {}) {
    const { details } = await refusalOf(pay(payment, amount, more));
    return { ...(details.payout as object), approvalHash: details.approvalHash } as Omit<ApprovePayoutInput, 'actor'>;
  }
  const approve = (words: Omit<ApprovePayoutInput, 'actor'>, actor = other, store = stage.first) =>
    stage.approving(store)({ ...words, actor });
  const stepOf = async ({ state }: Owing) => {
    const step = await stage.first.transitions.tail(state.id);
    if (step === null) throw new Error('no step');
    return step;
  };
  const faultsOf = (step: Parameters<typeof checkClaims>[0]) => {
    const found: string[] = [];
    const slot = step.claims.find((name) => name.startsWith('slot:')) ?? null;
    checkClaims(step, slot, (_invariant, what, why) => void found.push(`${what} ${why}`));
    return found;
  };

  it('leave once they are approved and ordered again unchanged, above both limits, and the log says by whom', async () => {
    const payment = await stage.owing('seller');
    const words = await proposed(payment, 400);
    expect(words).to.include({ paymentId: payment.state.id, amount: '400', token: 'USDT', network: 'bsc' });
    expect(words).to.include({ destination: wallet('4'), owedTo: 'seller', proposerId: admin.userId });
    const { hash, approvedBy } = await approve(words);
    expect([hash, approvedBy]).to.deep.equal([words.approvalHash, other.userId]);
    expect(await stage.payoutsOf(payment), 'an approval alone pays nothing').to.deep.equal([]);
    await pay(payment, 400);
    const step = await stepOf(payment);
    expect(step.claims).to.include(`approval:${hash}`);
    expect(step.evidence.approval).to.include({ hash, approvedBy: other.userId });
    expect(faultsOf(step)).to.deep.equal([]);
  });

  it('leave from wherever money of the buyer lies, and an approval for one place is none for another', async () => {
    const elsewhere = { destination: wallet('6') };
    const [excess, owed] = [await stage.owing('buyer', {}, 'excess:provider'), await stage.owing('buyer')];
    for (const payment of [excess, owed]) {
      const words = await proposed(payment, 400, elsewhere);
      expect(words).to.include({ owedTo: 'buyer' });
      await approve(words);
      expect(await outcome(pay(payment, 400, elsewhere))).to.equal('paid');
    }
    const both = await stage.owing('buyer');
    await approve(await proposed(both, 400, elsewhere));
    expect(await outcome(pay({ ...both, from: 'excess:provider' }, 400, elsewhere))).to.equal('payout_over_limit');
  });

  it('count in the sum of their day', async () => {
    const payment = await stage.owing('seller');
    await approve(await proposed(payment, 120));
    await pay(payment, 120);
    expect(await outcome(pay(payment, 31))).to.equal('payout_over_limit');
    expect(await outcome(pay(payment, 30))).to.equal('paid');
  });

  it('need another admin than the proposer, also when an approval of his own got into the database', async () => {
    const payment = await stage.owing('seller');
    const words = await proposed(payment, 400);
    expect(await outcome(approve(words, admin))).to.equal('payout_approval_own');
    expect(await outcome(pay(payment, 400))).to.equal('payout_over_limit');
    const row = { hash: words.approvalHash, approvedBy: admin.userId, approvedAtMs: 0, expiresAtMs: 9e12 };
    await stage.first.payoutApprovals.keep(row, 0);
    expect(await outcome(pay(payment, 400))).to.equal('payout_approval_own');
    expect(await stage.payoutsOf(payment)).to.deep.equal([]);
  });

  it('are approved by persons who are admins, and by no key', async () => {
    const payment = await stage.owing('seller');
    const words = await proposed(payment, 400);
    for (const actor of [key, { ...other, role: 'auditor' as const }, { ...other, role: 'seller' as const }])
      expect(await outcome(approve(words, actor)), actor.role).to.equal('forbidden');
    expect(await stage.first.payoutApprovals.find(words.approvalHash)).to.equal(null);
  });

  it('are approved for what the words say, and another word than those of the hash is refused', async () => {
    const payment = await stage.owing('seller');
    const words = await proposed(payment, 400);
    const stranger = await stage.owing('seller');
    const changes: readonly Partial<ApprovePayoutInput>[] = [
      { amount: '401' },
      { amount: '40' },
      { destination: wallet('6') },
      { token: 'USDC' },
      { network: 'eth' },
      { owedTo: 'buyer' },
      { proposerId: third.userId },
      { paymentId: stranger.state.id },
      { approvalHash: 'ab'.repeat(32) },
    ];
    for (const change of changes)
      expect(await outcome(approve({ ...words, ...change })), JSON.stringify(change)).to.equal(
        'payout_approval_mismatch',
      );
    expect(await outcome(approve({ ...words, paymentId: 'f'.repeat(24) }))).to.equal('not_found');
    expect(await outcome(pay(payment, 400))).to.equal('payout_over_limit');
  });

  it('are refused when they were changed after the approval, or when somebody else orders them', async () => {
    const payment = await stage.owing('seller');
    await approve(await proposed(payment, 400));
    for (const [amount, change] of [
      [401, {}],
      [399, {}],
      [400, { destination: wallet('6') }],
      [400, { actor: third }],
      [400, { actor: other }],
    ] as const)
      expect(await outcome(pay(payment, amount, change)), JSON.stringify([amount, change])).to.equal(
        'payout_over_limit',
      );
    expect(await stage.payoutsOf(payment)).to.deep.equal([]);
    expect(await outcome(pay(payment, 400)), 'the one that was approved').to.equal('paid');
  });

  it('leave once for one approval, however many repeat the order at once in two processes', async () => {
    const payment = await stage.owing('seller');
    await approve(await proposed(payment, 300));
    const outcomes = await Promise.all(
      [stage.first, stage.second, stage.first, stage.second].map((store) => outcome(pay(payment, 300, {}, store))),
    );
    expect(await stage.payoutsOf(payment), String(outcomes)).to.deep.equal([tokens(300)]);
    expect(outcomes.filter((one) => one === 'paid')).to.have.length(1);
    const late = outcomes.filter((one) => one !== 'paid' && one !== 'busy');
    for (const code of late) expect(['payout_approval_used', 'payout_over_limit']).to.include(code);
    expect(await outcome(pay(payment, 300)), 'the same again needs an approval of its own').to.equal(
      'payout_over_limit',
    );
  });

  it('say that the approval was used to whoever read the payment before it was', async () => {
    const payment = await stage.owing('seller');
    await approve(await proposed(payment, 300));
    // The one who is late finds the approval, and then is overtaken.
    const late = stage.over({
      ...stage.first,
      payoutApprovals: {
        ...stage.first.payoutApprovals,
        find: async (hash) => {
          const found = await stage.first.payoutApprovals.find(hash);
          if ((await stage.payoutsOf(payment)).length === 0) await pay(payment, 300, {}, stage.second);
          return found;
        },
      },
    });
    expect(await outcome(late(stage.order(payment, 300)))).to.equal('payout_approval_used');
    expect(await stage.payoutsOf(payment)).to.deep.equal([tokens(300)]);
  });

  it('are no longer what was approved when another payout of the payment came between', async () => {
    const payment = await stage.owing('seller');
    const words = await proposed(payment, 300);
    await approve(words);
    expect(await outcome(pay(payment, 1))).to.equal('paid');
    const refusal = await refusalOf(pay(payment, 300));
    expect(refusal.code).to.equal('payout_over_limit');
    expect(refusal.details.approvalHash).to.not.equal(words.approvalHash);
    expect(await outcome(approve(words))).to.equal('payout_approval_mismatch');
    await approve(await proposed(payment, 300));
    expect(await outcome(pay(payment, 300))).to.equal('paid');
  });

  it('answer a repeat under the key of the order by the first payout, and do not leave again', async () => {
    const payment = await stage.owing('seller');
    const keyed = { idempotencyClaim: `idem:an-admin:payout:${payment.state.id}` };
    await approve(await proposed(payment, 300, keyed));
    const answers = await Promise.all([pay(payment, 300, keyed), pay(payment, 300, keyed, stage.second)]);
    expect(new Set(answers.map(({ payoutId }) => payoutId)).size).to.equal(1);
    expect(await pay(payment, 300, keyed)).to.deep.equal(answers[0]);
    expect(await stage.payoutsOf(payment)).to.deep.equal([tokens(300)]);
  });

  it('are too late an hour after the approval, until it is given again', async () => {
    const payment = await stage.owing('seller');
    const words = await proposed(payment, 400);
    await approve(words);
    stage.advance(hour);
    const refusal = await refusalOf(pay(payment, 400));
    expect(refusal.code).to.equal('payout_approval_expired');
    expect(refusal.details.approvalHash).to.equal(words.approvalHash);
    expect((await approve(words, third)).approvedBy).to.equal(third.userId);
    stage.advance(hour - 1);
    expect(await outcome(pay(payment, 400))).to.equal('paid');
  });

  it('have one approval, however often and by how many it is given, and no repeat makes it last longer', async () => {
    const payment = await stage.owing('seller');
    const words = await proposed(payment, 400);
    const given = await Promise.all([1, 2, 3, 4].map((n) => approve(words, n % 2 ? other : third, stage.second)));
    stage.advance(60_000);
    expect(new Set([...given, await approve(words)].map((one) => JSON.stringify(one))).size).to.equal(1);
    const kept = stage.opened.database.collection('payout_approvals');
    const rows = await kept.find({ _id: words.approvalHash as never }).toArray();
    expect(rows.map(({ keptUntil, expiresAtMs }) => keptUntil - expiresAtMs)).to.deep.equal([24 * hour]);
    const indexes = await kept.indexes();
    expect(indexes.find(({ name }) => name === 'keptUntil_1')?.expireAfterSeconds).to.equal(0);
  });

  it('of a key stay within the limits, whoever approved what', async () => {
    const payment = await stage.owing('seller');
    const listed = { actor: key, destination: wallet('5') };
    const refusal = await refusalOf(pay(payment, 101, listed));
    expect(refusal.code).to.equal('payout_over_limit');
    expect(refusal.details).to.not.have.any.keys('approvalHash', 'payout');
    const words = await proposed(payment, 101, { destination: wallet('5') });
    // The hash of the key's own order, as somebody could compute it.
    const { id: paymentId, asset, sellerId } = payment.state;
    const account = `owed:seller:${sellerId}:${paymentId}`;
    const payout = { paymentId, n: 1, account, asset, amount: tokens(101), destination: wallet('5') };
    const own = approvalHash({ ...payout, actor: `user:${admin.userId}` });
    expect(own, 'computed as the server does').to.equal(words.approvalHash);
    const hash = approvalHash({ ...payout, actor: `user:${key.userId}` });
    await approve({ ...words, proposerId: key.userId, approvalHash: hash }).catch(() => undefined);
    await stage.first.payoutApprovals.keep(
      { hash, approvedBy: other.userId, approvedAtMs: 0, expiresAtMs: 9e12 },
      9e12,
    );
    expect(await outcome(pay(payment, 101, listed))).to.equal('payout_over_limit');
    expect(await stage.payoutsOf(payment)).to.deep.equal([]);
  });

  it('stay closed where the settings close a token', async () => {
    const payment = await stage.owing('seller');
    await approve(await proposed(payment, 400));
    for (const closed of [{ PAYOUT_MOST: '0' }, { PAYOUT_MOST_PER_DAY: '0' }]) {
      const openPayout = stage.over(stage.first, payoutLimitsOf({ ...limits, ...closed }));
      const refusal = await refusalOf(openPayout(stage.order(payment, 400)));
      expect(refusal.code).to.equal('payout_over_limit');
      expect(refusal.details).to.not.have.any.keys('approvalHash', 'payout');
    }
  });

  it('are found by an audit when their approval is not theirs, or is their own', async () => {
    const payment = await stage.owing('seller');
    await approve(await proposed(payment, 400));
    await pay(payment, 400);
    const step = await stepOf(payment);
    const { state, evidence } = step;
    if (state.direction !== 'in') throw new Error('no payment');
    const payouts = state.payouts.map((payout) => ({ ...payout, amount: payout.amount + 1n }));
    const approval = { ...(evidence.approval as object), approvedBy: admin.userId };
    const forged = [
      { ...step, actor: `user:${third.userId}` },
      { ...step, state: { ...state, payouts } },
      { ...step, kind: 'payoutFailed' as const },
      { ...step, evidence: { ...evidence, approval } },
      { ...step, evidence: {} },
      { ...step, claims: step.claims.map((name) => (name.startsWith('approval:') ? 'approval:ab' : name)) },
    ];
    for (const one of forged) expect(faultsOf(one).join(), JSON.stringify(one.claims)).to.include('approval:');
  });
});
