import { type Examined, examined } from './examined.ts';
import { requestBytes } from './load/requests.ts';
import { bearer } from './load/tokens.ts';
import { intentRequests } from './load/trades.ts';
import { signedDelivery, webhookBodies } from './load/webhooks.ts';
import { type Prepared, populate } from './population.ts';
import type { Stage } from './stage.ts';

/** What is asked at every size. */
export const operations = ['intent', 'webhook', 'get', 'list'] as const;
type Operation = (typeof operations)[number];

/** Costs at one size of the database. */
export interface Size {
  readonly payments: number;
  readonly costs: Readonly<Record<Operation, Examined>>;
}

const smallest = 1_000;
const factor = 10;
const samples = 60;
const cellWidth = 42;
/** p50 at the largest size may be so many times that at the smallest. */
const slowest = 1.5;

/** Thousand, ten thousand … up to `most`. */
export function sizesUpTo(most: number): number[] {
  const sizes: number[] = [];
  for (let size = smallest; size < most; size *= factor) sizes.push(size);
  return [...sizes, most];
}

async function costsOf(stage: Stage, known: readonly Prepared[]): Promise<Size['costs']> {
  const server = await stage.process('servers/holdfast.ts');
  const port = await server.ask<number>('port');
  const database = stage.client.db();
  const ask = (requests: readonly Buffer[]) => examined(stage.client, port, ...requests.slice(0, samples));
  // spread over the whole population, so that what is read is not what was read before
  const some = Array.from({ length: samples }, (_, n) => known[Math.floor((n / samples) * known.length)]).filter(
    (payment) => payment !== undefined,
  );
  const get = ({ paymentId, buyerId }: Prepared) =>
    requestBytes({ method: 'GET', path: `/api/payment/${paymentId}`, headers: bearer('buyer', buyerId) });
  const list = ({ buyerId }: Prepared) =>
    requestBytes({ method: 'GET', path: '/api/payment?limit=50', headers: bearer('buyer', buyerId) });
  const fresh = await populate(database, { count: samples, transitions: 2 });
  // the first requests of a server pay for its compiling
  await ask(some.map(get));
  return {
    intent: await ask(await intentRequests(database, samples)),
    webhook: await ask(fresh.map((payment) => signedDelivery(webhookBodies(payment).paid))),
    get: await ask(some.map(get)),
    list: await ask(some.map(list)),
  };
}

/** Lets the database grow and measures every operation alone at each size; `tell` hears how far it is. */
export async function measureGrowth(stage: Stage, most: number, tell: (text: string) => void): Promise<Size[]> {
  // the server makes the indexes, so it comes before the first payment
  await stage.process('servers/holdfast.ts');
  const known: Prepared[] = [];
  const results: Size[] = [];
  let payments = 0;
  for (const size of sizesUpTo(most)) {
    while (payments < size) {
      const count = Math.min(smallest, size - payments);
      const added = await populate(stage.client.db(), { count, transitions: 4, perBuyer: 50 });
      known.push(...added.filter((_, n) => n % 50 === 0));
      payments += count;
      if (payments % (10 * smallest) === 0) tell(`${payments} payments`);
    }
    results.push({ payments, costs: await costsOf(stage, known) });
    tell(`measured at ${payments} payments`);
  }
  return results;
}

/** What grew although it must not. */
export function growthProblems(sizes: readonly Size[]): string[] {
  const [first] = sizes;
  const last = sizes.at(-1);
  if (first === undefined || last === undefined) return ['nothing was measured'];
  return operations.flatMap((operation) => {
    const [small, large] = [first.costs[operation], last.costs[operation]];
    const counts = (['keysExamined', 'documentsExamined', 'commands'] as const).flatMap((count) =>
      // a background task of the database may fall between two counts
      large[count] > small[count] + 1 ? [`${operation}: ${count} grew from ${small[count]} to ${large[count]}`] : [],
    );
    const slower = large.ms > slowest * small.ms ? [`${operation}: p50 grew from ${small.ms} to ${large.ms} ms`] : [];
    return [...counts, ...slower];
  });
}

/** The table for people. */
export function growthTable(sizes: readonly Size[]): string {
  const head = ['payments'.padStart(10), ...operations.map((operation) => operation.padStart(cellWidth))].join('');
  const cell = ({ documentsExamined, keysExamined, commands, ms }: Examined) =>
    `${documentsExamined} docs ${keysExamined} keys ${commands} cmd ${ms} ms`.padStart(cellWidth);
  const rows = sizes.map(({ payments, costs }) =>
    [String(payments).padStart(10), ...operations.map((operation) => cell(costs[operation]))].join(''),
  );
  return [head, ...rows].join('\n');
}
