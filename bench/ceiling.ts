import { closedLoad } from './load/closedLoad.ts';
import { signedDelivery, webhookBodies } from './load/webhooks.ts';
import type { Stage } from './stage.ts';

const seconds = 2;
const connections = 16;

/** Requests a second that the generator itself can send; a side that comes near it is faster than it looks. */
export async function generatorCeiling(stage: Stage): Promise<number> {
  const process = await stage.process('servers/nothing.ts');
  const port = await process.ask<number>('port');
  const payment = { paymentId: '', externalId: 'AMN_ceiling', address: `0x${'1'.repeat(40)}`, buyerId: '' };
  const bytes = signedDelivery(webhookBodies(payment).paid);
  const result = await closedLoad({ port, connections, seconds, next: () => bytes });
  return result.operations / result.seconds;
}
