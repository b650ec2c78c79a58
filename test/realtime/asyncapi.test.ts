import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { expect } from 'chai';
import { type DomainEvent, updateTypes } from '../../server/domain/event.ts';
import type { PayoutMachine } from '../../server/domain/payout.ts';
import type { PayoutState, State } from '../../server/domain/state.ts';
import { renderAsyncapi } from '../../server/realtime/asyncapi.ts';
import { createBroadcast } from '../../server/realtime/broadcast.ts';
import { joinAnswer, ready, refusals } from '../../server/realtime/messages.ts';
import { confirmed, history, intent } from '../domain/factories.ts';
import {
  admin,
  auditor,
  buyer,
  knock,
  limitMs,
  listen,
  refusalOf,
  seller,
  startSocketServer,
  stranger,
  tokens,
} from './socketWorld.ts';
import { transitionOf } from './transitions.ts';

interface Described {
  readonly address: string;
  readonly messages: Record<string, { $ref: string }>;
}
const document = JSON.parse(renderAsyncapi()) as {
  channels: Record<string, Described>;
  operations: Record<string, { messages: { $ref: string }[] }>;
  components: {
    messages: Record<string, { name: string; payload: { $ref: string } }>;
    schemas: Record<string, object>;
  };
};
const addFormats = addFormatsModule.default;
const ajv = new Ajv({ strict: true, allErrors: true });
addFormats(ajv);
const checks = new Map(
  Object.entries(document.components.schemas).map(([name, schema]) => [
    `#/components/schemas/${name}`,
    ajv.compile(schema),
  ]),
);

/** What is wrong with a payload as a message of a channel. */
function faultsOf(channel: string, event: string, payload: unknown): string {
  const keys = Object.keys(document.channels[channel]?.messages ?? {});
  const key = keys.find((entry) => document.components.messages[entry]?.name === event);
  if (key === undefined) return `${channel} has no message ${event}`;
  const { $ref } = document.components.messages[key]?.payload ?? { $ref: '' };
  const check = checks.get($ref);
  if (check === undefined) return `${$ref} is missing`;
  return check(payload) ? '' : `${channel} ${event}: ${ajv.errorsText(check.errors)}`;
}

/** `request:r1` as the document calls it. */
const channelOf = (room: string) => room.split(':')[0] ?? '';

const funded = history({ kind: 'intentOpened', intent: intent({}) }, confirmed(100n)).state;
const { id, flags, failureReason, marketplaceId, requestId, offerId, buyerId, sellerId, asset, openedAtMs } = funded;
const payout: PayoutState = {
  ...{ id: 'payout1', flags, failureReason, marketplaceId, requestId, offerId, buyerId, sellerId, asset, openedAtMs },
  ...{ status: 'pending', price: 5n, metadata: null, direction: 'out', source: { paymentId: id, n: 0 } },
  machine: {} as PayoutMachine,
};
const everything: readonly (readonly [DomainEvent, State])[] = [
  [{ name: 'payment.created' }, funded],
  ...updateTypes.map((type) => [{ name: 'payment.updated', type } as const, funded] as const),
  [{ name: 'offer.updated', offerId: 'o', sellerId: 's', status: 'rejected' }, funded],
  [{ name: 'offer.updated', offerId: 'o', sellerId: 's', status: 'accepted' }, funded],
  [{ name: 'payout.created' }, payout],
  [{ name: 'payout.completed' }, payout],
  [{ name: 'payout.updated' }, payout],
];

interface Sent {
  readonly room: string;
  readonly event: string;
  readonly payload: unknown;
}
async function allSent(): Promise<Sent[]> {
  const sent: Sent[] = [];
  const into = (rooms: string[]) => ({
    // What travels is JSON.
    emit: (event: string, payload: object) =>
      sent.push(...rooms.map((room) => ({ room, event, payload: JSON.parse(JSON.stringify(payload)) }))),
  });
  const emitter = { to: (rooms: string[]) => ({ ...into([...rooms]), except: () => into([...rooms]) }) };
  for (const [event, state] of everything) {
    await createBroadcast(() => emitter).publish('e-7', transitionOf({ state }, 7), event);
  }
  return sent;
}

describe('the AsyncAPI document', () => {
  it('is valid AsyncAPI 3, as the schema of its makers says', () => {
    const load = createRequire(import.meta.url);
    const meta = load('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
    const judge = new Ajv({ strict: false, allErrors: true, validateSchema: false });
    addFormats(judge);
    const check = judge.compile(meta);
    expect(check(document), judge.errorsText(check.errors)).to.equal(true);
    expect(check({ ...document, channels: { admin: { address: 7 } } }), 'a broken one').to.equal(false);
  });

  it('describes every message that the server sends into a room, exactly as it is sent', async () => {
    const sent = await allSent();
    expect(new Set(sent.map(({ room }) => channelOf(room)))).to.have.all.keys(
      'buyer',
      'seller',
      'admin',
      'request',
      'marketplace',
    );
    expect(
      sent.map(({ room, event, payload }) => faultsOf(channelOf(room), event, payload)).filter(Boolean),
    ).to.deep.equal([]);
  });

  it('would notice a field that is missing, one too many, and a message in the wrong room', async () => {
    const [full] = await allSent();
    const payload = full?.payload as Record<string, unknown>;
    const { amount, ...poorer } = payload;
    expect(amount).to.be.a('string');
    expect(faultsOf('buyer', 'payment-created', payload)).to.equal('');
    for (const wrong of [poorer, { ...payload, terms: {} }, { ...payload, seq: '7' }])
      expect(faultsOf('buyer', 'payment-created', wrong)).to.not.equal('');
    expect(faultsOf('request', 'payment-created', payload), 'money for followers').to.not.equal('');
    expect(faultsOf('marketplace', 'payment-created', payload), 'anything for strangers').to.not.equal('');
    expect(faultsOf('request', 'payout-created', payload)).to.include('has no message');
  });

  it('describes no message that nobody sends', async () => {
    const sent = new Set((await allSent()).map(({ room, event }) => `${channelOf(room)} ${event}`));
    const described = Object.entries(document.channels)
      .filter(([channel]) => channel !== 'socket')
      .flatMap(([channel, { messages }]) =>
        Object.keys(messages).map((key) => `${channel} ${document.components.messages[key]?.name}`),
      );
    expect(described.filter((entry) => !sent.has(entry))).to.deep.equal([]);
  });
});

describe('the AsyncAPI document, beside a real server', () => {
  it('tells of the first word, the joins with all their answers, and the refusals, as a client meets them', async () => {
    const server = await startSocketServer();
    try {
      for (const actor of [buyer, seller, admin, auditor]) {
        const { socket, heard } = await listen(server.url, actor);
        expect(
          ready.parse(heard[0]?.payload).rooms.map((room) => document.channels[channelOf(room)] !== undefined),
        ).to.not.include(false);
        socket.disconnect();
      }
      const { socket } = await listen(server.url, stranger);
      const ask = (message: unknown) => socket.timeout(limitMs).emitWithAck('join-request', message);
      const asked = [await ask({ requestId: 'r1' }), await ask({ id: 1 }), await ask({ requestId: 'broken' })];
      for (let n = asked.length; n < 60; n += 1) socket.emit('join-request', {});
      const answers = [...asked, await ask({ requestId: 'r1' })].map((answer) => joinAnswer.parse(answer));
      const codes = answers.map((answer) => (answer.success ? 'joined' : answer.code));
      expect(codes).to.deep.equal(['not_found', 'validation_failed', 'busy', 'rate_limited']);
      socket.disconnect();
      expect(refusals).to.include(await refusalOf(knock(server.url, { token: `${tokens.sign(buyer, 60)}x` })));
    } finally {
      await server.close();
    }
  });
});
