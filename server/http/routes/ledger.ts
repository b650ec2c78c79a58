import type { Router } from 'express';
import { noSuchPayment } from '../../commands/rules/refusal.ts';
import type { AppDeps } from '../appDeps.ts';
import { listReconciliations, partyLedger, paymentLedger, trialBalance } from '../endpoints/ledger.ts';
import { exactRouter } from '../exactRouter.ts';
import {
  createMoneySpelling,
  presentBalances,
  presentReport,
  presentStatement,
  presentTrialBalance,
} from '../presentLedger.ts';
import type { Serve } from '../serve.ts';
import { sharedFor } from '../shared.ts';

/** Payments that something is owed for, named in one answer. */
const openMax = 100;
/** The trial balance reads the whole log; whoever asks again within this time gets the same sums. */
const trialLifeMs = 10_000;

/** The books, for operators; literal paths, so they stand before those of payments. */
export function ledgerRoutes({ ledger, reports, gateway, clock }: AppDeps, serve: Serve): Router {
  const router = exactRouter();
  const spelling = createMoneySpelling(gateway);
  const sumUp = sharedFor(trialLifeMs, clock, async () => {
    return presentTrialBalance(await ledger.trialBalance(), clock.now(), spelling);
  });

  serve(router, trialBalance, async () => ({ success: true, data: await sumUp() }));

  serve(router, listReconciliations, async ({ query: { limit } }) => {
    return { success: true, data: (await reports.newest(limit)).map(presentReport) };
  });

  serve(router, partyLedger, async ({ params: { userId } }) => {
    const { balances, open, openTotal } = await ledger.partyBalances(userId, openMax);
    const data = {
      userId,
      balances: presentBalances(balances, spelling),
      open: presentBalances(open, spelling),
      openTotal,
    };
    return { success: true, data };
  });

  serve(router, paymentLedger, async ({ params: { id }, query: { after, limit } }) => {
    const { asOfSeq, balances } = await ledger.paymentBalances(id);
    if (asOfSeq === 0) throw noSuchPayment();
    const lines = await ledger.statement(id, after, limit);
    const data = {
      ...{ paymentId: id, asOfSeq },
      balances: presentBalances(balances, spelling),
      statement: presentStatement(lines, spelling),
      nextAfter: lines.at(-1)?.seq ?? after,
    };
    return { success: true, data };
  });

  return router;
}
