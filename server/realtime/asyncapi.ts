import { z } from 'zod';
import { account, clientEvents, course, hint, joinAnswer, joinMessage, offerNews, ready, refusal } from './messages.ts';

/** In this order parties hear most. */
const forms = { account, course, hint, offerNews, ready, joinMessage, joinAnswer, refusal } as const;
type Form = keyof typeof forms;
type ClientEvent = (typeof clientEvents)[keyof typeof clientEvents];

const everyEvent = Object.values(clientEvents);
const ofPayments: readonly ClientEvent[] = ['payment-created', 'purchase-request-update'];
const toParties = (event: ClientEvent): Form => (event === 'seller-offer-update' ? 'offerNews' : 'account');

interface Room {
  readonly address: string;
  readonly who: string;
  readonly events: readonly ClientEvent[];
  readonly form: (event: ClientEvent) => Form;
}
/** Who hears what; `createBroadcast` sends it so, which the tests of both compare. */
const rooms: Readonly<Record<string, Room>> = {
  buyer: {
    address: 'buyer:{userId}',
    who: 'The sockets of a buyer; joined by the server. All about his payments, and about the offers they decide.',
    events: everyEvent,
    form: toParties,
  },
  seller: {
    address: 'seller:{userId}',
    who: 'The sockets of a seller; joined by the server. All about the payments to him, and about his offers, also those that lost.',
    events: everyEvent,
    form: toParties,
  },
  admin: {
    address: 'admin',
    who: 'The sockets of admins and auditors; joined by the server. Everything.',
    events: everyEvent,
    form: toParties,
  },
  request: {
    address: 'request:{requestId}',
    who: 'Followers of a request: its buyer, sellers with an offer on it, operators; joined by `join-request`. Its course, without money.',
    events: ofPayments,
    form: () => 'course',
  },
  marketplace: {
    address: 'marketplace',
    who: 'Every authenticated socket; joined by the server. That something happened. Who hears more of an event does not hear this.',
    events: everyEvent,
    form: () => 'hint',
  },
};

const parameters: Readonly<Record<string, { readonly description: string }>> = {
  userId: { description: 'The subject of the token' },
  requestId: { description: 'A purchase request' },
};
const parametersOf = (address: string) => {
  const named = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, parameters[name]] as const);
  return named.length === 0 ? {} : { parameters: Object.fromEntries(named) };
};

const schemaName = (form: Form) => z.globalRegistry.get(forms[form])?.id ?? form;
const messageKey = (event: string, form: Form) => `${event}.${form}`;
const ref = (...path: string[]) => ({ $ref: `#/${path.join('/')}` });

const message = (name: string, form: Form, summary: string) => ({
  name,
  summary,
  contentType: 'application/json',
  payload: ref('components', 'schemas', schemaName(form)),
});

const summaries: Readonly<Record<ClientEvent, string>> = {
  'payment-created': 'A payment was opened',
  'purchase-request-update': 'A payment moved on; `type` says how',
  'seller-offer-update': 'An offer was accepted or rejected',
  'payout-created': 'Money is about to be sent out of a payment',
  'payout-completed': 'A payout has arrived',
  'payout-updated': 'A payout failed, or waits for a person',
};

const ownMessages = {
  ready: message('ready', 'ready', 'The first word of the server: the rooms it has put the socket into'),
  'join-request': message('join-request', 'joinMessage', 'Asks to follow a request'),
  'join-answer': message('join-request', 'joinAnswer', 'The acknowledgement of join-request'),
  connect_error: message('connect_error', 'refusal', 'The connection is refused'),
};

function roomMessages() {
  const pairs = Object.values(rooms).flatMap(({ events, form }) =>
    events.map((event) => [event, form(event)] as const),
  );
  return Object.fromEntries(
    pairs.map(([event, form]) => [messageKey(event, form), message(event, form, summaries[event])]),
  );
}

function channels() {
  const messages = Object.fromEntries(Object.keys(ownMessages).map((key) => [key, ref('components', 'messages', key)]));
  const socket = {
    address: '/',
    title: 'The socket itself',
    description:
      'A client hands its token over as `auth.token`. A client may send 60 messages a minute, a user hold ten sockets of a process; a socket ends with its token.',
    messages,
  };
  const entries = Object.entries(rooms).map(([name, { address, who, events, form }]) => {
    const keys = events.map((event) => messageKey(event, form(event)));
    const heard = Object.fromEntries(keys.map((key) => [key, ref('components', 'messages', key)]));
    return [name, { address, description: who, ...parametersOf(address), messages: heard }] as const;
  });
  return { socket, ...Object.fromEntries(entries) };
}

/** What the server sends (`send`) and takes (`receive`), channel by channel. */
function operations() {
  const told = Object.entries(rooms).map(([name, { events, form }]) => {
    const messages = events.map((event) => ref('channels', name, 'messages', messageKey(event, form(event))));
    return [`tell.${name}`, { action: 'send', channel: ref('channels', name), messages }] as const;
  });
  const channel = ref('channels', 'socket');
  const own = (key: keyof typeof ownMessages) => [ref('channels', 'socket', 'messages', key)];
  return {
    welcome: { action: 'send', channel, messages: own('ready') },
    refuse: { action: 'send', channel, messages: own('connect_error') },
    join: {
      action: 'receive',
      channel,
      description: 'Of a request that does not exist and of one that the caller may not follow the answer is the same.',
      messages: own('join-request'),
      reply: { channel, messages: own('join-answer') },
    },
    ...Object.fromEntries(told),
  };
}

function schemas() {
  const entries = (Object.keys(forms) as Form[]).map((form) => {
    const { $schema, id, ...schema } = z.toJSONSchema(forms[form], { target: 'draft-7' });
    return [schemaName(form), schema] as const;
  });
  return Object.fromEntries(entries);
}

/** The text of docs/asyncapi.json, made from the schemas of what the server sends. */
export function renderAsyncapi(): string {
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Holdfast events',
      version: '0.1.0',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      description:
        'What the server tells over Socket.IO 4. Rooms are channels here; a socket hears of every event once, in the fullest form of its rooms. Sockets deliver at ' +
        'most once: every event of a payment carries its `seq`, and whoever reconnects reads ' +
        '`GET /api/payment/{id}/events?after=<the last seq it knows>` of /openapi.json. Steps that sockets are not told take numbers too, so a gap alone is no ' +
        'loss. A connection that comes back within two minutes is sent what it missed.',
    },
    defaultContentType: 'application/json',
    servers: {
      api: {
        host: '{host}',
        pathname: '/socket.io',
        protocol: 'wss',
        description:
          'Socket.IO over WebSocket alone, at the host of the API; plain `ws` in the sandbox. Clients are opened with `transports: ["websocket"]`, since by default they begin by long polling, which is refused.',
        variables: { host: { default: '127.0.0.1:4000' } },
        security: [ref('components', 'securitySchemes', 'token')],
      },
    },
    channels: channels(),
    operations: operations(),
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The token of the API, as `auth.token` of the handshake and not as a header',
        },
      },
      messages: { ...ownMessages, ...roomMessages() },
      schemas: schemas(),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
