import { expect } from 'chai';
import type { Decimal128, Document } from 'mongodb';
import { digest } from '../../../server/store/codec.ts';
import { fromDocument, type TransitionDocument } from '../../../server/store/transitionDocument.ts';
import { eventually } from '../../support/eventually.ts';
import type { Stage } from './stage.ts';
import { stepLimitMs } from './trade.ts';

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
    { timeoutMs: stepLimitMs, what: 'every effect is done' },
  );
}

/** A parked effect is one that was given up; no test of ours may end with one it did not mean. */
function auditEffects(history: readonly Document[]): void {
  const parked = history.flatMap((step) => step.relay.parked as { effectKey: string; reason: string }[]);
  expect(parked, 'I11: no effect was given up').to.deep.equal([]);
}

function auditHistory(history: readonly Document[]): void {
  history.forEach((transition, index) => {
    expect(transition.seq, 'I1: the sequence has no gap').to.equal(index + 1);
    if (index > 0) expect(transition.prev, 'I3: the hash chain is whole').to.equal(history[index - 1]?.hash);
    const { hash, ...body } = fromDocument(transition as TransitionDocument);
    expect(digest(body), 'I3: the hash is the content').to.equal(hash);
    const legs = transition.legs as { asset: string; amount: Decimal128 }[];
    for (const [asset, ofAsset] of Map.groupBy(legs, (leg) => leg.asset)) {
      const sum = ofAsset.reduce((total, leg) => total + whole(leg.amount), 0n);
      expect(sum, `I4: the legs in ${asset} sum to zero`).to.equal(0n);
    }
  });
}

async function auditVault(stage: Stage, tail: Document): Promise<void> {
  if (tail.state.direction !== 'in') return;
  const sums = await books(stage, tail.state.id);
  const asset = `${tail.state.asset.network}:${tail.state.asset.token}`;
  const inContract = (tail.state.balances as { account: string; asset: string; amount: Decimal128 }[])
    .filter((entry) => /^((excess|held|pending):contract|credit):/.test(entry.account) && entry.asset === asset)
    .reduce((sum, entry) => sum + whole(entry.amount), 0n);
  expect(await stage.chain.balance(tail.state.vault), 'I8: the vault holds what the books say').to.equal(inContract);
  for (const [name, sum] of Object.entries(sums)) {
    if (/^(buyer:|platform$)/.test(name)) continue;
    expect(sum >= 0n, `I13: ${name} is not negative`).to.equal(true);
  }
}

/** The invariants of reliability.md §4.5 that hold for every payment at rest: I1, I3, I4, I5, I6, I8 (vaults), I11, I13. */
export async function audit(stage: Stage): Promise<void> {
  await effectsDone(stage);
  const all = await transitions(stage);
  const histories = Map.groupBy(all, (transition) => String(transition._id).split(':')[0] ?? '');
  const claims = all.flatMap((transition) => transition.claims as string[]);
  expect(new Set(claims).size, 'I5: every claim once').to.equal(claims.length);
  for (const [id, history] of histories) {
    auditHistory(history);
    auditEffects(history);
    const tail = history.at(-1) as Document;
    const projection = await database(stage)
      .collection('payments')
      .findOne({ _id: id as never });
    expect(projection?.version, 'I6: the projection is the tail').to.equal(tail.seq);
    expect(projection?.status).to.equal(tail.to);
    await auditVault(stage, tail);
  }
}
