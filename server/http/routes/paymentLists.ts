import type { Router } from 'express';
import type { Page, PageWanted } from '../../ports/pages.ts';
import type { PaymentQuery } from '../../ports/paymentReads.ts';
import type { Actor, Versioned } from '../../ports.ts';
import type { AppDeps } from '../appDeps.ts';
import { listPayments, listPaymentsOfUser } from '../endpoints/payments.ts';
import { exactRouter } from '../exactRouter.ts';
import { answerList } from '../lists.ts';
import { partyNamed, partyOf, scopeOf } from '../paymentScope.ts';
import type { Presenter } from '../present.ts';
import type { ListQuery } from '../schemas/lists.ts';
import type { PaymentFilters } from '../schemas/paymentFilters.ts';
import type { Serve } from '../serve.ts';

interface ListCall {
  readonly actor: Actor;
  readonly params: object;
  readonly query: ListQuery & PaymentFilters & { readonly fields?: readonly string[] };
}

/** Lists of payments; literal paths, so they stand before those of one payment. */
export function paymentListRoutes(deps: AppDeps, serve: Serve, present: Presenter): Router {
  const { queries, gateway } = deps;
  const router = exactRouter();
  const nothing: Page<Versioned> = { items: [], next: null, total: 0 };

  function answer(
    { operation }: typeof listPayments | typeof listPaymentsOfUser,
    call: ListCall,
    own: Pick<PaymentQuery, 'buyerId' | 'sellerId' | 'userId'>,
  ) {
    const { actor, query } = call;
    const { fields, ...filters } = query;
    const scope = scopeOf(actor, own, filters, gateway);
    const read = async (page: PageWanted) => (scope === null ? nothing : queries.payments(scope, page));
    // What is shown of each row is no part of the list, so that a cursor serves any choice.
    return answerList(operation, { ...call, query: filters }, read, (item) => named(present.any(item, actor), fields));
  }

  serve(router, listPayments, (call) => answer(listPayments, call, partyOf(call.actor)));

  serve(router, listPaymentsOfUser, (call) =>
    answer(listPaymentsOfUser, call, partyNamed(call.actor, call.params.userId)),
  );

  return router;
}

/** The named fields of a document; all of them when none is named. */
function named(document: object, fields: readonly string[] | undefined): object {
  if (fields === undefined) return document;
  return Object.fromEntries(Object.entries(document).filter(([name]) => fields.includes(name)));
}
