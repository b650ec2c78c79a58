import { io, type Socket } from 'socket.io-client';

/** An answer of the public API, or an error that shows what it said. */
async function call(method: string, url: string, token: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await answer.text();
  if (answer.status >= 400) throw new ApiRefusal(answer.status, text, `${method} ${url}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

/** What the API refused, with its status and body for the person at the terminal. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, body: string, what: string) {
    super(`${what} answered ${status}: ${body.slice(0, 600)}`);
    this.status = status;
    this.code = /"code":"([a-z_]+)"/.exec(body)?.[1] ?? 'unknown';
  }
}

/** One person of the trade, seen from outside: a token, REST calls and a socket. */
export interface Person {
  get(path: string): Promise<Record<string, unknown>>;
  post(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** Resolves with the value `look` finds, looking again whenever a socket event arrives and at least twice a second. */
  until<T>(what: string, look: () => Promise<T | null>): Promise<T>;
  readonly events: readonly { readonly event: string; readonly payload: Record<string, unknown> }[];
  close(): void;
}

/** No step of the demo needs longer than this on a machine that works. */
const patienceMs = 45_000;
const longestPauseMs = 500;

/** Connects a person: REST by bearer token, and a socket that listens to everything. */
export async function connectPerson(apiUrl: string, token: string): Promise<Person> {
  const events: { event: string; payload: Record<string, unknown> }[] = [];
  const wakeUps = new Set<() => void>();
  const socket: Socket = io(apiUrl, { auth: { token }, transports: ['websocket'] });
  socket.onAny((event: string, payload: Record<string, unknown>) => {
    events.push({ event, payload });
    for (const wake of wakeUps) wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('connect_error', reject);
  });
  const pause = () =>
    new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        wakeUps.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, longestPauseMs);
      wakeUps.add(wake);
    });
  return {
    events,
    get: (path) => call('GET', `${apiUrl}${path}`, token),
    post: (path, body) => call('POST', `${apiUrl}${path}`, token, body),
    async until(what, look) {
      const end = Date.now() + patienceMs;
      while (Date.now() < end) {
        const found = await look();
        if (found !== null) return found;
        await pause();
      }
      throw new Error(`Waited ${patienceMs / 1000} s in vain: ${what}`);
    },
    close: () => {
      socket.disconnect();
    },
  };
}
