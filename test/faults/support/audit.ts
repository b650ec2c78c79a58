import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Decimal128, Document } from 'mongodb';
import { createAuditBooks } from '../../../server/commands/auditBooks.ts';
import { systemClock } from '../../../server/deps/system.ts';
import { createLogger } from '../../../server/logger.ts';
import { type Chain, connectChain } from '../../../server/providers/chain/connectChain.ts';
import { loadNetworks } from '../../../server/providers/chain/networks.ts';
import { createAuditedBooks, projectedFields } from '../../../server/store/auditedBooks.ts';
import { digest } from '../../../server/store/codec.ts';
import { eventually } from '../../support/eventually.ts';
import type { Stage } from './stage.ts';
import { limitOf } from './trade.ts';

const database = (stage: Stage) => stage.mongo.db();
const whole = (amount: Decimal128 | number | bigint) => BigInt(amount.toString());

/** All transitions of one payment, or of everything, in order. */
export function transitions(stage: Stage, paymentId?: string): Promise<Document[]> {
  const filter = paymentId ? { _id: { $gte: `${paymentId}:`, $lt: `${paymentId};` } } : {};
  return database(stage)
    .collection('payment_transitions')
    .find(filter as Document)
    .sort({ _id: 1 })
    .toArray();
}

/** Sums of all legs of a payment's log by account; zero balances are left out. */
export async function books(stage: Stage, paymentId: string): Promise<Record<string, bigint>> {
  const sums: Record<string, bigint> = {};
  for (const transition of await transitions(stage, paymentId)) {
    for (const leg of transition.legs as { account: string; amount: Decimal128 }[]) {
      const name = leg.account.replaceAll(paymentId, '<p>');
      sums[name] = (sums[name] ?? 0n) + whole(leg.amount);
    }
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0n));
}

/** Waits until every effect of every transition is done or parked; asks the server too, so that one that dies late is started again. */
export function effectsDone(stage: Stage): Promise<boolean> {
  return eventually(
    async () => {
      await stage.call('GET', '/livez');
      return (await database(stage).collection('payment_transitions').countDocuments({ 'relay.done': false })) === 0;
    },
    { timeoutMs: limitOf(stage), what: 'every effect is done' },
  );
}

const dayMs = 86_400_000;

/** The product's own audit, but at the newest block: a stage is at rest when it is audited, so nothing has to wait for finality. */
function auditOf(stage: Stage, { reader, gateway, books }: Chain) {
  const auditedBooks = createAuditedBooks(database(stage));
  const head: typeof reader.head = async (network) => {
    const now = await reader.head(network);
    return { ...now, finalized: now.number };
  };
  return createAuditBooks({
    ...{ chain: { ...reader, head }, gateway, chainBooks: books, digest, projectedFields },
    auditedBooks: { ...auditedBooks, toldUpTo: async () => null },
    ...{ clock: systemClock, logger: createLogger('silent'), manualAfterMs: dayMs },
  });
}

/** All invariants of the books that hold for every payment at rest; a parked effect is one that was given up, and no test of ours means one. */
export async function audit(stage: Stage): Promise<void> {
  await effectsDone(stage);
  const networks = loadNetworks(stage.sandbox.info.networksFile);
  const chain = await connectChain({ networks, logger: createLogger('silent'), clock: systemClock });
  try {
    const { violations, parked } = await auditOf(stage, chain)();
    expect(violations, `the invariants of the books, ${inspect(violations, { depth: 6 })}`).to.deep.equal([]);
    expect(parked, 'I11: no effect was given up').to.deep.equal([]);
  } finally {
    chain.close();
  }
}
