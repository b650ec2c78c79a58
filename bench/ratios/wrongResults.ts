import type { MongoClient } from 'mongodb';
import { closedLoad } from '../load/closedLoad.ts';
import { seedDelivery, signedDelivery, webhookBodies } from '../load/webhooks.ts';
import { type Prepared, populate } from '../population.ts';
import type { BenchProcess } from '../processes.ts';

const payments = 200;
const connections = 16;
/** Each delivery is repeated up to so often. */
const mostRepeats = 5;
const longestSeconds = 120;

/** A small generator with a fixed start: both sides get the same crowd in every run. */
function seeded(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Both words of every payment, each one to five times; those of a payment stay near each other and arrive together in any order. */
function crowd(prepared: readonly Prepared[], sign: (body: Buffer) => Buffer): Buffer[] {
  const random = seeded(5);
  return prepared.flatMap((payment) => {
    const { seen, paid } = webhookBodies(payment);
    const all = [seen, paid].flatMap((body) =>
      Array.from({ length: 1 + Math.floor(random() * mostRepeats) }, () => body),
    );
    return all
      .map((body) => ({ body: sign(body), at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ body }) => body);
  });
}

async function deliver(process: BenchProcess, deliveries: Buffer[]): Promise<void> {
  const left = deliveries.toReversed();
  const port = await process.ask<number>('port');
  await closedLoad({ port, connections, seconds: longestSeconds, next: () => left.pop() ?? null });
}

/** Payments of ours that do not end as paid, or that told the same thing twice. */
export async function wrongOfOurs(client: MongoClient, process: BenchProcess): Promise<number> {
  const prepared = await populate(client.db(), { count: payments, transitions: 2 });
  await deliver(process, crowd(prepared, signedDelivery));
  const log = client.db().collection('payment_transitions');
  const verdicts = await Promise.all(
    prepared.map(async ({ paymentId }) => {
      const steps = await log.find({ p: paymentId }).sort({ seq: 1 }).toArray();
      const told = steps.flatMap(({ effects }) => effects).filter(({ type }) => type === 'event');
      const names = told.map(({ event }) => `${event.name} ${event.type ?? ''}`);
      const provider = steps.at(-1)?.state.provider;
      const right = provider?.reportedStatus === 'PAID' && provider.transactions.length === 1;
      return right && new Set(names).size === names.length;
    }),
  );
  return verdicts.filter((right) => !right).length;
}

/** The same of the seed's rendering. */
export async function wrongOfTheirs(client: MongoClient, process: BenchProcess): Promise<number> {
  const run = Date.now().toString(16);
  const prepared = Array.from({ length: payments }, (_, n) => {
    const externalId = `AMN_${run}_${n}`;
    return { paymentId: '', externalId, address: `0x${'1'.repeat(40)}`, buyerId: '' };
  });
  const rows = client.db().collection('seed_payments');
  await rows.insertMany(
    prepared.map(({ externalId }) => ({ externalId, status: 'pending', escrowState: 'unfunded', metadata: {} })),
  );
  await deliver(process, crowd(prepared, seedDelivery));
  const announced = new Map(await process.ask<[string, number][]>('announced'));
  const ended = new Map((await rows.find({}).toArray()).map(({ externalId, status }) => [externalId, status]));
  const twice = (externalId: string) =>
    ['processing', 'completed'].some((status) => (announced.get(`${externalId} ${status}`) ?? 0) > 1);
  return prepared.filter(({ externalId }) => ended.get(externalId) !== 'completed' || twice(externalId)).length;
}
