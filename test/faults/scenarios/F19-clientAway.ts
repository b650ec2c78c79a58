import { expect } from 'chai';
import { io, type Socket } from 'socket.io-client';
import { eventually } from '../../support/eventually.ts';
import { transitions } from '../support/audit.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { type FaultProxy, startProxy } from '../support/proxy.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { openTrade, settle, stepLimitMs, units, untilPayment } from '../support/trade.ts';

/** One client: what it was told by its socket, and how it asks for the rest. */
interface Client {
  readonly name: string;
  readonly socket: Socket;
  readonly token: string;
  /** Sequences of each payment that came by socket. */
  readonly told: Map<string, Set<number>>;
}

function connect(name: string, url: string, token: string): Client {
  const told = new Map<string, Set<number>>();
  // asks again at once: how long a client waits is its own affair
  const socket = io(url, { auth: { token }, transports: ['websocket'], reconnectionDelayMax: 500, forceNew: true });
  socket.onAny((_, news: { paymentId?: string; seq?: number }) => {
    if (news.paymentId === undefined || news.seq === undefined) return;
    told.set(news.paymentId, (told.get(news.paymentId) ?? new Set()).add(news.seq));
  });
  return { name, socket, token, told };
}

const untilConnected = (clients: readonly Client[]) =>
  eventually(() => clients.every(({ socket }) => socket.connected), {
    timeoutMs: stepLimitMs,
    what: `${clients.map(({ name }) => name).join(', ')} are connected`,
  });

const heard = (client: Client, paymentId: string) => client.told.get(paymentId) ?? new Set<number>();

/** What a client knows after it has asked for everything behind its last unbroken sequence, page by page. */
async function caughtUp(stage: FaultStage, { told, token }: Client, paymentId: string): Promise<number[]> {
  const known = new Set(told.get(paymentId));
  let after = 0;
  while (known.has(after + 1)) after += 1;
  for (;;) {
    const answer = await stage.call('GET', `/api/payment/${paymentId}/events?after=${after}`, { token });
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    const page = answer.body.data as { seq: number }[];
    if (page.length === 0) return [...known].sort((one, other) => one - other);
    for (const { seq } of page) known.add(seq);
    after = Number(answer.body.nextAfter);
  }
}

async function expectSame(stage: FaultStage, clients: readonly Client[], paymentId: string): Promise<void> {
  await eventually(
    async () => {
      const log = (await transitions(stage, paymentId)).map((step) => Number(step.seq));
      for (const client of clients)
        expect(await caughtUp(stage, client, paymentId), `${client.name} knows what the log knows`).to.deep.equal(log);
      return true;
    },
    { timeoutMs: stepLimitMs, what: 'every client has the same sequence' },
  );
}

interface People {
  /** The buyer, whose network breaks for a while. */
  readonly away: Client;
  /** The buyer's other window, which is closed and opened much later: its session is over. */
  readonly closed: Client;
  /** The seller, on the server that is killed. */
  readonly orphan: Client;
  readonly steady: Client;
}

async function oneTrade(stage: FaultStage, clients: People, link: FaultProxy, run: Run): Promise<void> {
  const { away, closed, orphan, steady } = clients;
  const all = Object.values(clients) as Client[];
  await untilConnected(all);
  const trade = await openTrade(stage);
  const { paymentId } = trade;
  await eventually(() => all.every((client) => heard(client, paymentId).size > 0), {
    timeoutMs: stepLimitMs,
    what: 'everybody hears of the payment',
  });

  link.set({ kind: 'cut' });
  closed.socket.disconnect();
  const before = await stage.chain.provider.getBlockNumber();
  const missed = [heard(away, paymentId).size, heard(closed, paymentId).size];
  await stage.chain.pay(trade.vault, units('100'));
  await untilPayment(stage, paymentId, { status: 'completed' });
  // a block a second
  await eventually(async () => (await stage.chain.provider.getBlockNumber()) >= before + run.number('secondsAway'), {
    timeoutMs: stepLimitMs,
    what: 'time passes',
  });
  await eventually(() => heard(steady, paymentId).size > Math.max(...missed), {
    timeoutMs: stepLimitMs,
    what: 'who stayed hears of the money',
  });
  expect(link.struck(), 'the network was away').to.be.greaterThan(0);
  expect([heard(away, paymentId).size, heard(closed, paymentId).size], 'who is away hears nothing').to.deep.equal(
    missed,
  );
  link.set({ kind: 'pass' });
  closed.socket.connect();
  await untilConnected(all);
  expect(closed.socket.recovered, 'a closed session is not taken up again').to.equal(false);
  run.figure('short absence taken up again', String(away.socket.recovered));
  await expectSame(stage, all, paymentId);

  await stage.servers[0]?.die();
  await eventually(() => !orphan.socket.connected, { timeoutMs: stepLimitMs, what: 'the instance is gone' });
  await settle(stage, paymentId, 'release');
  await stage.servers[0]?.revive();
  await untilConnected(all);
  await expectSame(stage, all, paymentId);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  const [first = '', second = '', third = ''] = stage.servers.map(({ url }) => url);
  const link = await startProxy(Number(new URL(first).port));
  const buyer = stage.token(people.buyer, 'buyer');
  const clients: People = {
    away: connect('the buyer who is away', `http://127.0.0.1:${link.port}`, buyer),
    closed: connect('the buyer whose window was closed', second, buyer),
    orphan: connect('the seller of the killed instance', first, stage.token(people.seller, 'seller')),
    steady: connect('the admin who stays', third, stage.token(people.admin, 'admin')),
  };
  try {
    for (let round = 0; round < run.number('trades'); round += 1) {
      run.say(`trade ${round + 1}`);
      await oneTrade(stage, clients, link, run);
    }
    run.figure('trades', run.number('trades'));
  } finally {
    for (const { socket } of Object.values(clients) as Client[]) socket.disconnect();
    await link.close();
  }
}

/** Clients lose their socket for a while, for good, or with their server. */
export const clientAway: Scenario = {
  id: 'F19',
  title:
    'a client is away for 10 s, another one for good, a server is killed: after the catch-up all have the same sequence',
  numbers: { trades: { full: 3, short: 1 }, secondsAway: { full: 10, short: 3 } },
  run,
};
