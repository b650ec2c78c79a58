import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { createShkeeperClient } from '../../../server/providers/shkeeper/client.ts';
import { ShkeeperError } from '../../../server/providers/shkeeper/shkeeperError.ts';
import { startHttpDouble } from './httpDouble.ts';

export const wallet = '0x55d398326f99059fF775485246999027B3197955';
/** A transaction as SHKeeper writes it: without 0x. */
export const hash = 'ab'.repeat(32);

export type ClientStage = Awaited<ReturnType<typeof openClientStage>>;

/** A client of a provider that answers over HTTP whatever the test says. */
export async function openClientStage() {
  let answer = (response: ServerResponse): void => void response.end();
  const pauses: number[] = [];
  const double = await startHttpDouble((_request, response) => answer(response));
  const client = createShkeeperClient({
    url: `${double.url}/`,
    apiKey: 'the-api-key',
    payoutUser: 'admin',
    payoutPassword: 'the-password',
    delay: async (ms) => {
      pauses.push(ms);
    },
  });
  return {
    ...{ double, client, pauses },
    /** The next answers are given by this. */
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    respond: (http: number, body: unknown) => {
      answer = (response) => {
        response.writeHead(http, http === 302 ? { location: '/login' } : { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      };
    },
  };
}

/** The error a call of the client ends with. */
export async function failureOf(promise: Promise<unknown>): Promise<ShkeeperError> {
  const outcome = await promise.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(ShkeeperError);
  return outcome as ShkeeperError;
}
