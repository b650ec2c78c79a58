import type { IncomingMessage, ServerResponse } from 'node:http';

const bodyBytesMax = 1024 * 1024;

/** A request, read to its end. */
export interface Incoming {
  readonly method: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What is answered; a string goes out as HTML, everything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const json = (body: unknown, status = 200): Reply => ({ status, body });
/** An error as the core words most of them: HTTP 200 unless said otherwise (E1). */
export const coreError = (message: string, status = 200): Reply => json({ status: 'error', message }, status);
/** E4: the Python traceback goes out with the message. */
export const tracedError = (message: string): Reply => {
  const traceback = `Traceback (most recent call last):\n  File "/shkeeper.io/shkeeper/api_v1.py", line 1\n${message}`;
  return json({ status: 'error', message, traceback });
};
/** E5: what a web framework says to malformed JSON or an unknown coin. */
export const htmlError: Reply = { status: 500, body: '<!doctype html>\n<title>500 Internal Server Error</title>' };
/** E6: a route that wants a login. */
export const loginRedirect: Reply = {
  status: 302,
  body: '<!doctype html>\n<title>Redirecting...</title>',
  headers: { location: '/login' },
};
export const notFound: Reply = { status: 404, body: '<!doctype html>\n<title>404 Not Found</title>' };

/** Reads a request; null when its body is too long. */
export async function readIncoming(request: IncomingMessage): Promise<Incoming | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > bodyBytesMax) return null;
    parts.push(part);
  }
  const url = new URL(request.url ?? '/', 'http://simulator');
  return {
    method: request.method ?? 'GET',
    segments: url.pathname.split('/').filter(Boolean).map(decodeURIComponent),
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(parts).toString('utf8'),
  };
}

/** Writes an answer. */
export function writeReply(response: ServerResponse, reply: Reply): void {
  const isHtml = typeof reply.body === 'string';
  const text = isHtml ? String(reply.body) : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': isHtml ? 'text/html; charset=utf-8' : 'application/json',
    ...reply.headers,
  });
  response.end(text);
}

/** The JSON object of a body, or null when it is none. */
export function parseObject(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
