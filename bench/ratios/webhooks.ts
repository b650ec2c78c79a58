import { httpSide, repeated } from '../load/httpSide.ts';
import { requestBytes } from '../load/requests.ts';
import { signedDelivery, webhookBodies } from '../load/webhooks.ts';
import { type Prepared, populate } from '../population.ts';
import type { Stage } from '../stage.ts';
import { withOpenModel } from './openModel.ts';
import { plain, type Ratio } from './ratio.ts';

/** New deliveries about payments: first all of them are seen, then all are paid, so that two deliveries of a payment never stand side by side. */
export function deliveriesOf(payments: readonly Prepared[]): Buffer[] {
  const bodies = payments.map(webhookBodies);
  return [...bodies.map(({ seen }) => seen), ...bodies.map(({ paid }) => paid)].map(signedDelivery);
}

/** New deliveries about payments that nobody has paid for yet. */
export function newDeliveries(stage: Stage) {
  return async (operations: number): Promise<readonly Buffer[]> =>
    deliveriesOf(await populate(stage.client.db(), { count: Math.ceil(operations / 2), transitions: 2 }));
}

/** The baseline of everything that writes. */
export async function bareInsertSide(stage: Stage, connections: number) {
  const { paid } = webhookBodies({
    paymentId: '',
    externalId: 'AMN_bare',
    address: `0x${'1'.repeat(40)}`,
    buyerId: '',
  });
  const request = requestBytes({ method: 'POST', path: '/insert', body: paid });
  const process = await stage.process('baselines/bareInsert.ts');
  return httpSide({ name: 'bare Express + Mongoose insert', process, connections, supply: repeated(request) });
}

/** R2: a signed webhook to its appended transition, beside a bare insert. */
export function newWebhooks(key: string, connections: number, target: number): Ratio {
  return {
    key,
    what: `webhooks/s, new, ${connections} connections / bare insert`,
    target,
    async measure(setting) {
      const { stage } = setting;
      const process = await stage.process('servers/holdfast.ts');
      const supply = newDeliveries(stage);
      const ours = await httpSide({ name: 'POST webhook, new', process, connections, supply });
      const outcome = await plain(setting, ours, await bareInsertSide(stage, connections));
      return withOpenModel(setting, outcome, { port: await process.ask('port'), supply });
    },
  };
}
