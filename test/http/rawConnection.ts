import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Lets a server listen on a free port of this machine. */
export async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A connection that is open. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the other side ends; a reset ends it too. */
export async function readAll(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}

/** Sends bytes on a connection of their own and answers what came back until it was closed. */
export async function exchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<readonly RawAnswer[]> {
  const socket = await dial(port);
  const reading = readAll(socket);
  for (const part of parts) socket.write(part);
  return answersIn(await reading);
}

/** The answers in what a connection gave; each says its length. */
export function answersIn(bytes: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = bytes; rest !== ''; ) {
    const split = rest.indexOf('\r\n\r\n');
    if (split === -1) throw new Error(`no answer: ${rest.slice(0, 200)}`);
    const [line = '', ...lines] = rest.slice(0, split).split('\r\n');
    const headers = new Map(lines.map((header) => splitHeader(header)));
    const end = split + 4 + Number(headers.get('content-length') ?? 0);
    answers.push({ status: Number(line.split(' ')[1]), headers, text: rest.slice(split + 4, end) });
    rest = rest.slice(end);
  }
  return answers;
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** One refusal, in full, as problem details. */
export function expectRefusal(answers: readonly RawAnswer[], status: number, code: string): void {
  expect(answers.map((answer) => `${answer.status} ${answer.text}`)).to.have.length(1);
  const [answer] = answers;
  expect(answer?.status, answer?.text).to.equal(status);
  expect(answer?.headers.get('content-type')).to.equal('application/problem+json; charset=utf-8');
  const problem = JSON.parse(answer?.text ?? '');
  expect(problem).to.include({ code, status, success: false, type: `urn:holdfast:problem:${code}` });
}
