import { createAuditPayment } from '../commands/auditPayment.ts';
import type { Chain } from '../providers/chain/connectChain.ts';
import { projectedFields } from '../store/auditedBooks.ts';
import type { Store } from '../store/createStore.ts';
import type { Ports } from './ports.ts';

/** The audit of one payment over the same database and chains as the rest of the process. */
export function auditPaymentOf({ ports, store, chain }: { ports: Ports; store: Store; chain: Chain }) {
  const { auditedBooks, digest } = store;
  return createAuditPayment({ ...ports, auditedBooks, chainBooks: chain.books, digest, projectedFields });
}
