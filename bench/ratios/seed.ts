import { randomUUID } from 'node:crypto';
import { compare } from '../compare.ts';
import { httpSide } from '../load/httpSide.ts';
import { seedDelivery, webhookBodies } from '../load/webhooks.ts';
import type { Stage } from '../stage.ts';
import type { Ratio, Setting } from './ratio.ts';
import { newDeliveries } from './webhooks.ts';
import { wrongOfOurs, wrongOfTheirs } from './wrongResults.ts';

const connections = 16;

/** The same course as ours: a payment is seen, then it is paid. */
function seedDeliveries(stage: Stage) {
  return async (operations: number): Promise<readonly Buffer[]> => {
    const address = `0x${'1'.repeat(40)}`;
    const wanted = { length: Math.ceil(operations / 2) };
    const payments = Array.from(wanted, () => ({ paymentId: '', externalId: randomUUID(), address, buyerId: '' }));
    const rows = payments.map(({ externalId }) => ({ externalId, status: 'pending', escrowState: 'unfunded' }));
    await stage.client.db().collection('seed_payments').insertMany(rows, { ordered: false });
    const bodies = payments.map(webhookBodies);
    return [...bodies.map(({ seen }) => seen), ...bodies.map(({ paid }) => paid)].map(seedDelivery);
  };
}

async function measure({ stage, plan }: Setting) {
  const [server, process] = [
    await stage.process('servers/holdfast.ts'),
    await stage.process('baselines/seedCoordinator.ts'),
  ];
  const ours = { name: 'POST webhook, new', process: server, connections, supply: newDeliveries(stage) };
  const theirs = { name: 'rendering of the seed', process, connections, supply: seedDeliveries(stage) };
  const comparison = await compare(stage.client, await httpSide(ours), await httpSide(theirs), plan);
  const wrong = await wrongOfOurs(stage.client, server);
  const figures = { wrongOfOurs: wrong, wrongOfTheirs: await wrongOfTheirs(stage.client, process) };
  return { comparison, figures, problems: wrong > 0 ? [`${wrong} payments of ours ended wrongly`] : [] };
}

/** R8: ours beside a faithful rendering of the seed's coordinator, and what becomes of both when deliveries come twice and together. */
export const seed: Ratio = { key: 'R8', what: 'webhooks/s / rendering of the seed', target: 1, measure };
