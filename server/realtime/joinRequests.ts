import type { Event, Socket } from 'socket.io';
import type { Actor, Logger, MarketplaceStore } from '../ports.ts';
import { type JoinAnswer, joinMessage } from './messages.ts';
import { mayFollow, requestRoom } from './rooms.ts';

/** What is needed to decide who may follow a request. */
export interface JoinDeps {
  readonly marketplace: Pick<MarketplaceStore, 'request' | 'hasOffer'>;
  readonly logger: Logger;
  readonly now: () => number;
}

type Refusal = JoinAnswer & { readonly success: false };

/** A client has few reasons to speak: joins of request rooms. More than this a minute is a fault or an attack. */
const messagesPerMinute = 60;
const minuteMs = 60_000;

const refused = (code: Refusal['code']): Refusal => ({ success: false, code });

function answerTo(last: unknown): (answer: JoinAnswer) => void {
  return typeof last === 'function' ? (answer) => last(answer) : () => undefined;
}

/** Counts every message of a socket, whatever it is called, and drops what is too much. */
function limitMessages(now: () => number) {
  let windowStart = now();
  let messages = 0;
  return (event: Event, next: () => void) => {
    if (now() - windowStart >= minuteMs) {
      windowStart = now();
      messages = 0;
    }
    messages += 1;
    if (messages > messagesPerMinute) answerTo(event.at(-1))(refused('rate_limited'));
    else next();
  };
}

async function join(socket: Socket, actor: Actor, message: unknown, deps: JoinDeps): Promise<JoinAnswer> {
  const parsed = joinMessage.safeParse(message);
  if (!parsed.success) return refused('validation_failed');
  const { requestId } = parsed.data;
  const request = await deps.marketplace.request(requestId);
  const hasOffer = request !== null && (await deps.marketplace.hasOffer(requestId, actor.userId));
  if (request === null || !mayFollow(actor, request, hasOffer)) return refused('not_found');
  await socket.join(requestRoom(requestId));
  return { success: true };
}

/** Lets a client follow requests by `join-request {requestId}`; every answer goes to the acknowledgement, if the client gave one. */
export function followRequests(socket: Socket, actor: Actor, deps: JoinDeps): void {
  socket.use(limitMessages(deps.now));
  socket.on('join-request', async (...parameters: unknown[]) => {
    const answer = answerTo(parameters.at(-1));
    try {
      answer(await join(socket, actor, parameters[0], deps));
    } catch (error) {
      deps.logger.warn({ error, userId: actor.userId }, 'a socket could not join a request room');
      answer(refused('busy'));
    }
  });
}
