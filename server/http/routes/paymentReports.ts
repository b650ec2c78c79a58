import type { Router } from 'express';
import type { PaymentQuery } from '../../ports/paymentReads.ts';
import type { Actor, Versioned } from '../../ports.ts';
import { Answer } from '../answer.ts';
import type { AppDeps } from '../appDeps.ts';
import { exportPayments, exportPaymentsOfUser, paymentStats, paymentStatsOfUser } from '../endpoints/paymentReports.ts';
import { exactRouter } from '../exactRouter.ts';
import { createSlots } from '../exports/slots.ts';
import { type ExportFormat, streamExport } from '../exports/stream.ts';
import { partyNamed, partyOf, scopeOf } from '../paymentScope.ts';
import { ownershipOf } from '../policies.ts';
import type { Presenter } from '../present.ts';
import { createMoneySpelling } from '../presentLedger.ts';
import { presentStats } from '../presentStats.ts';
import type { PaymentFilters } from '../schemas/paymentFilters.ts';
import type { Serve } from '../serve.ts';
import { sharedFor } from '../shared.ts';

/** Sums of everybody's payments read all of them; whoever asks again within this time gets the same. */
const statsLifeMs = 10_000;

/** A hundred thousand payments take less than a minute; whoever takes them slower than this is asked to take fewer at a time. */
const longestMs = 10 * 60_000;
const afterLongest = () => AbortSignal.timeout(longestMs);

type Party = Pick<PaymentQuery, 'buyerId' | 'sellerId' | 'userId'>;
type Page = readonly Versioned[];

/** Statistics and exports; literal paths, so they stand before those of one payment. */
export function paymentReportRoutes(deps: AppDeps, serve: Serve, present: Presenter): Router {
  const { paymentReports, gateway, clock, logger, exportEnd = afterLongest } = deps;
  const router = exactRouter();
  const spelling = createMoneySpelling(gateway);
  const takeSlot = createSlots();

  const sumsOf = async (party: Party) => presentStats(await paymentReports.sums(party), clock.now(), spelling);
  const sumsOfAll = sharedFor(statsLifeMs, clock, () => sumsOf({}));

  serve(router, paymentStats, async ({ actor }) => {
    const data = ownershipOf(actor) === null ? sumsOfAll() : sumsOf(partyOf(actor));
    return { success: true, data: await data };
  });

  serve(router, paymentStatsOfUser, async ({ actor, params: { userId } }) => {
    return { success: true, data: await sumsOf(partyNamed(actor, userId)) };
  });

  function answer(actor: Actor, own: Party, { format, ...filters }: PaymentFilters & { format: ExportFormat }): Answer {
    const scope = scopeOf(actor, own, filters, gateway);
    const giveBack = takeSlot(actor.userId, ownershipOf(actor) === null);
    return new Answer(async (response) => {
      try {
        const pages = scope === null ? nothing() : paymentReports.each(scope);
        // What fails at the first page can still be told.
        const begun = await begin(pages);
        await streamExport(response, format, documents(begun), {
          end: exportEnd(),
          failed: (error) => logger.warn({ requestId: response.req.requestId, err: error }, 'an export was broken off'),
        });
      } finally {
        giveBack();
      }
    });

    async function* documents(pages: AsyncIterable<Page>) {
      for await (const page of pages) yield page.map((item) => present.any(item, actor));
    }
  }

  serve(router, exportPayments, async ({ actor, query }) => answer(actor, partyOf(actor), query));
  serve(router, exportPaymentsOfUser, async ({ actor, params, query }) =>
    answer(actor, partyNamed(actor, params.userId), query),
  );

  return router;
}

async function* nothing(): AsyncGenerator<Page, void, undefined> {}

/** Reads the first page; the others follow as they are taken, and nothing is read any more once they are not. */
async function begin(pages: AsyncGenerator<Page, void, undefined>): Promise<AsyncIterable<Page>> {
  const first = await pages.next();
  return (async function* () {
    try {
      if (!first.done) yield first.value;
      yield* pages;
    } finally {
      await pages.return();
    }
  })();
}
