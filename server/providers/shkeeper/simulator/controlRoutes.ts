import { getAddress, parseUnits } from 'ethers';
import { z } from 'zod';
import { type Sender, tokenTransferGas } from './chain.ts';
import type { Deliveries } from './deliveries.ts';
import { type Incoming, json, notFound, parseObject, type Reply } from './http.ts';
import { coinNamed, type World } from './world.ts';

const paySchema = z.strictObject({
  externalId: z.string().optional(),
  address: z.string().optional(),
  coin: z.string().optional(),
  amount: z.string().regex(/^\d+(\.\d+)?$/),
});
const tickSchema = z.strictObject({ count: z.number().int().min(1).max(100).default(1) });

/** What the control API needs beside the world. */
export interface ControlParts {
  readonly world: World;
  readonly deliveries: Deliveries;
  readonly buyer: Sender | null;
  readonly tick: () => Promise<void>;
  readonly lastProblem: () => string | null;
}

const refuse = (message: string, status = 400): Reply => json({ ok: false, message }, status);

/** The control API under `/control`: ticks, switches, the simulated buyer and what was delivered. */
export function createControlRoutes(parts: ControlParts): (request: Incoming) => Promise<Reply> {
  return async (request) => {
    const route = `${request.method} ${request.segments[1] ?? ''}`;
    const body = request.body === '' ? {} : parseObject(request.body);
    if (!body) return refuse('the body is no JSON object');
    try {
      if (route === 'POST tick') return await tick(parts, body);
      if (route === 'POST switches') return setSwitches(parts, body);
      if (route === 'GET switches') return json(parts.world.switches.of(request.query.get('externalId')));
      if (route === 'GET deliveries') return listDeliveries(parts, request.query.get('externalId'));
      if (route === 'GET health') return await health(parts);
      if (route === 'POST pay') return await pay(parts, paySchema.parse(body));
    } catch (error) {
      if (error instanceof z.ZodError) return refuse(z.prettifyError(error));
      throw error;
    }
    return notFound;
  };
}

async function tick(parts: ControlParts, body: object): Promise<Reply> {
  const { count } = tickSchema.parse(body);
  for (let n = 0; n < count; n += 1) await parts.tick();
  const { state } = parts.world.store;
  return json({ ok: true, tick: state.tick, scannedBlock: state.scannedBlock });
}

function setSwitches(parts: ControlParts, body: Record<string, unknown>): Reply {
  const { externalId = null, ...change } = body;
  if (externalId !== null && typeof externalId !== 'string') return refuse('externalId is no text');
  parts.world.switches.set(change, externalId);
  return json(parts.world.switches.of(externalId));
}

function listDeliveries(parts: ControlParts, externalId: string | null): Reply {
  const all = parts.deliveries.list();
  return json({ deliveries: externalId === null ? all : all.filter((one) => one.externalId === externalId) });
}

async function health({ world, lastProblem }: ControlParts): Promise<Reply> {
  const { state } = world.store;
  const head = await world.chain.head().catch(() => null);
  const figures = {
    ok: head !== null,
    profile: world.settings.profile,
    hotWallet: world.hotWallet.address,
    tick: state.tick,
    head,
    scannedBlock: state.scannedBlock,
    invoices: state.invoices.length,
    unacknowledged: state.received.filter((row) => !row.acknowledged).length,
    sweeps: state.sweeps.length,
    openPayouts: state.payouts.filter((payout) => payout.status === 'IN_PROGRESS').length,
    lastProblem: lastProblem(),
  };
  return json(figures, head === null ? 503 : 200);
}

async function pay({ world, buyer }: ControlParts, order: z.infer<typeof paySchema>): Promise<Reply> {
  if (!buyer) return refuse('the settings name no buyerKey', 409);
  const invoice = world.store.state.invoices.findLast((one) => one.externalId === order.externalId);
  const address = order.address ?? invoice?.address;
  if (address === undefined) return refuse('neither an address nor a known externalId', 404);
  const coin = coinNamed(world, order.coin ?? invoice?.coin ?? world.settings.coins[0]?.name ?? '');
  if (!coin) return refuse('an unknown coin');
  const value = parseUnits(order.amount, coin.decimals);
  if ((await world.chain.tokenBalance(coin.tokenAddress, buyer.address)) < value) {
    return refuse(`the buyer ${buyer.address} has too little ${coin.symbol}`, 409);
  }
  const data = world.chain.transferData(getAddress(address), value);
  const { hash } = await buyer.send({ to: coin.tokenAddress, data, gasLimit: tokenTransferGas });
  return json({ ok: true, txHash: hash, address: getAddress(address) });
}
