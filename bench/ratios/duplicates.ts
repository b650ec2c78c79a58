import { closedLoad } from '../load/closedLoad.ts';
import { httpSide } from '../load/httpSide.ts';
import { requestBytes } from '../load/requests.ts';
import { signedDelivery, webhookBodies } from '../load/webhooks.ts';
import { populate } from '../population.ts';
import type { BenchProcess } from '../processes.ts';
import type { Stage } from '../stage.ts';
import { plain, type Ratio } from './ratio.ts';

/** So many payments are reported again and again, round and round. */
const reported = 500;
const mostPasses = 10;

const turns = (deliveries: readonly Buffer[], count: number) =>
  Array.from({ length: count }, (_, n) => deliveries[n % deliveries.length] ?? Buffer.alloc(0));

/** Delivers until everything was taken, as its sender would, so that whatever comes afterwards is a duplicate. */
async function deliverAll(process: BenchProcess, bodies: readonly Buffer[]): Promise<void> {
  const port = await process.ask<number>('port');
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const left = bodies.map(signedDelivery);
    const next = () => left.pop() ?? null;
    const { operations } = await closedLoad({ port, connections: 4, seconds: 600, next });
    if (operations === bodies.length) return;
  }
  throw new Error('deliveries were refused again and again');
}

async function sides(stage: Stage, connections: number) {
  const server = await stage.process('servers/holdfast.ts');
  const payments = await populate(stage.client.db(), { count: reported, transitions: 2 });
  const bodies = payments.map((payment) => webhookBodies(payment).paid);
  await deliverAll(server, bodies);
  // signed anew for every stretch: a signature is good for five minutes
  const ours = async (count: number) => turns(bodies.map(signedDelivery), count);
  const finds = bodies.map((body) => requestBytes({ method: 'POST', path: '/find', body }));
  const process = await stage.process('baselines/bareReads.ts');
  return [
    await httpSide({ name: 'POST webhook, repeated', process: server, connections, supply: ours }),
    await httpSide({ name: 'bare findOne', process, connections, supply: async (count) => turns(finds, count) }),
  ] as const;
}

/** R3: a delivery that came before, beside a handler that only finds its row. */
export function duplicateWebhooks(key: string, connections: number, target: number): Ratio {
  return {
    key,
    what: `webhooks/s, duplicate, ${connections} connections / bare findOne`,
    target,
    async measure(setting) {
      const [ours, theirs] = await sides(setting.stage, connections);
      return plain(setting, ours, theirs);
    },
  };
}
