import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { transitions } from '../support/audit.ts';
import { atATime, openTrades, sendTransfers, untilAll } from '../support/crowd.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { type OpenTrade, settle, stepLimitMs } from '../support/trade.ts';

type Kind = 'release' | 'refund';
/** Answers that only say that it is too early for anybody. */
const early = ['escrow_not_final', 'escrow_forwarding', 'busy'];
const racesAtOnce = 4;

/** Two admins on two servers at the same moment; answers who won. */
function race(stage: FaultStage, { paymentId }: OpenTrade, index: number): Promise<Kind> {
  const ask = (kind: Kind, admin: number) =>
    stage.call('POST', `/api/payment/shkeeper/${paymentId}/${kind}`, {
      token: stage.token(`stage-admin-${admin}`, 'admin'),
      body: {},
      server: (index + admin) % stage.servers.length,
    });
  return eventually(
    async () => {
      const [release, refund] = await Promise.all([ask('release', 0), ask('refund', 1)]);
      const won = (['release', 'refund'] as const).filter(
        (kind) => (kind === 'release' ? release : refund).status === 200,
      );
      const lost = won[0] === 'release' ? refund : release;
      const said = `${release.status} ${JSON.stringify(release.body)} and ${refund.status} ${JSON.stringify(refund.body)}`;
      expect(won.length, said).to.be.at.most(1);
      // the loser may have met the winner's change under way; he is told so, and nothing was prepared for him
      if (won[0] !== undefined) {
        expect(lost.status, said).to.be.oneOf([409, 503]);
        return won[0];
      }
      for (const answer of [release, refund]) expect(early, said).to.include(String(answer.body.code));
      return null;
    },
    { timeoutMs: stepLimitMs, what: `one settlement of ${paymentId} is prepared` },
  );
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  await stage.control('switches', { noCallback: true });
  const trades = await openTrades(stage, run.number('payments'));
  await sendTransfers(
    stage,
    trades.map(({ vault }) => ({ to: vault, amount: '10' })),
  );
  await untilAll(stage, trades, 'completed', stepLimitMs);
  const winners = await atATime(trades, racesAtOnce, (trade, index) => race(stage, trade, index));
  for (const { paymentId } of trades) {
    const prepared = (await transitions(stage, paymentId)).filter((step) => step.kind === 'settlementPrepared');
    expect(prepared, `${paymentId}: one settlement is prepared`).to.have.length(1);
  }
  // what won goes on to its end, as if nobody else had asked
  const ends: Record<Kind, string> = { release: 'released', refund: 'refunded' };
  for (const kind of ['release', 'refund'] as const) {
    const trade = trades[winners.indexOf(kind)];
    if (trade) expect((await settle(stage, trade.paymentId, kind)).status).to.equal(ends[kind]);
    run.figure(`won by a ${kind}`, winners.filter((winner) => winner === kind).length);
  }
}

/** Two admins want opposite things of the same money. */
export const releaseAndRefund: Scenario = {
  id: 'F15',
  title: 'two admins prepare a release and a refund of the same payment at once: one wins',
  numbers: { payments: { full: 24, short: 3 } },
  run,
};
