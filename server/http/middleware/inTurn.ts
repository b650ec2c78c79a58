import type { Socket } from 'node:net';
import type { RequestHandler } from 'express';

/** Calls that wait behind another one on their connection. Few clients send any before they have read an answer, and each takes memory until its turn. */
const waitingMax = 10;

/**
 * Begins a call when the connection is its own. Node hands on at once what came behind a call that is not answered yet, and tells its response
 * nothing when the connection goes away: what such a caller changed would be in no record, and one connection would hold any number of
 * running calls. Nothing begins for a caller who is gone, which nobody could say the address of.
 */
export function inTurn(): RequestHandler {
  const waiting = new WeakMap<Socket, number>();
  return ({ socket }, response, next) => {
    if (socket.remoteAddress === undefined) return void socket.destroy();
    if (response.socket !== null) return next();
    const before = waiting.get(socket) ?? 0;
    if (before >= waitingMax) return void socket.destroy();
    waiting.set(socket, before + 1);
    response.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
      // Node is not done with handing the connection over.
      process.nextTick(() => {
        if (!response.destroyed) next();
      });
    });
  };
}
