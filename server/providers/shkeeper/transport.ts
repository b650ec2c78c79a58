import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ShkeeperError, type ShkeeperErrorCode } from './shkeeperError.ts';

/** An answer longer than this is not one of ours: 5,000 transactions of an invoice take about 1.3 MB. */
const answerBytesMax = 4 * 1024 * 1024;
/** Base of the jittered pause between repeated reads. */
const pauseMs = 250;

export interface TransportSettings {
  readonly url: string;
  readonly apiKey: string;
  readonly payoutUser?: string | undefined;
  readonly payoutPassword?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly delay?: ((ms: number) => Promise<void>) | undefined;
}

/** One request; `repeats` says how often a call without a readable answer may be made again. */
export interface Call<T> {
  readonly method: 'GET' | 'POST';
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly auth: 'none' | 'key' | 'basic';
  readonly body?: object;
  readonly timeoutMs: number;
  readonly repeats: 0 | 1 | 2;
  readonly schema: z.ZodType<T>;
}

/** Sends calls to SHKeeper and turns its six error shapes into typed errors. */
export interface Transport {
  call<T>(call: Call<T>): Promise<T>;
}

/** Texts worth recognising, by prefix. */
const knownTexts: readonly (readonly [RegExp, ShkeeperErrorCode])[] = [
  [/^(No API key|Bad API key|Bad HTTP Basic Auth|This endpoint doesn't accept X-Shkeeper-Api-Key)/, 'provider_auth'],
  [/payment gateway is unavailable|unavailable because of lagging|^Crypto \S+ is not enabled/, 'provider_unavailable'],
  [/^Payout with this external_id already exists/, 'provider_duplicate'],
  [/^'\w+'$|^'fiat' and 'amount' are required|^Unknown crypto|^Invalid callback_url/, 'provider_request'],
];

const errorShape = z.object({
  status: z.unknown().optional(),
  message: z.unknown().optional(),
  msg: z.unknown().optional(),
  error: z.unknown().optional(),
  task_id: z.unknown().optional(),
});

interface Answer {
  readonly httpStatus: number;
  readonly text: string;
}

function classify(body: z.infer<typeof errorShape>, httpStatus: number): [ShkeeperErrorCode, string] | null {
  // An accepted payout is accepted, whatever else stands beside its task: the money may move.
  if (httpStatus === 200 && typeof body.task_id === 'string') return null;
  const refusal = body.msg ?? body.message ?? body.error;
  const isError = body.status === 'error' || (body.msg ?? body.error ?? null) !== null || httpStatus >= 400;
  if (!isError) return null;
  const text = typeof refusal === 'string' ? refusal : `error without a text, HTTP ${httpStatus}`;
  const known = knownTexts.find(([pattern]) => pattern.test(text));
  if (known) return [known[1], text];
  if (typeof body.msg === 'string') return ['provider_refused', text];
  if (httpStatus === 401 || httpStatus === 403) return ['provider_auth', text];
  return [httpStatus === 400 || httpStatus === 404 ? 'provider_request' : 'provider_unavailable', text];
}

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > answerBytesMax) throw new ShkeeperError('provider_protocol', 'the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

type Fail = (code: ShkeeperErrorCode, message: string, answer: Answer | null, transient?: boolean) => ShkeeperError;

/** Errors of this instance never show its secrets, even when an answer echoes them. */
function createFail(settings: TransportSettings): Fail {
  const secrets = [settings.apiKey, settings.payoutPassword ?? ''].filter((secret) => secret !== '');
  return (code, message, answer, transient = false) => {
    const safe = secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), message);
    if (!answer) return new ShkeeperError(code, safe, { transient });
    const bodySha256 = createHash('sha256').update(answer.text).digest('hex');
    return new ShkeeperError(code, safe, { httpStatus: answer.httpStatus, bodySha256, transient });
  };
}

function headersOf(settings: TransportSettings, auth: 'none' | 'key' | 'basic', fail: Fail): Record<string, string> {
  if (auth === 'none') return {};
  if (auth === 'key') return { 'x-shkeeper-api-key': settings.apiKey };
  const { payoutUser, payoutPassword } = settings;
  if (!payoutUser || !payoutPassword) throw fail('provider_auth', 'this process holds no payout credentials', null);
  return { authorization: `Basic ${Buffer.from(`${payoutUser}:${payoutPassword}`).toString('base64')}` };
}

async function send<T>(settings: TransportSettings, call: Call<T>, fail: Fail): Promise<Answer> {
  const query = call.query ? `?${new URLSearchParams(call.query)}` : '';
  const base = `${settings.url.replace(/\/+$/, '')}/api/v1`;
  const headers = { accept: 'application/json', ...headersOf(settings, call.auth, fail) };
  try {
    const response = await (settings.fetch ?? fetch)(`${base}/${call.path.map(encodeURIComponent).join('/')}${query}`, {
      method: call.method,
      headers: call.body ? { ...headers, 'content-type': 'application/json' } : headers,
      // A 302 is a missing login (E6); following it would answer with an HTML page.
      redirect: 'manual',
      signal: AbortSignal.timeout(call.timeoutMs),
      ...(call.body ? { body: JSON.stringify(call.body) } : {}),
    });
    return { httpStatus: response.status, text: await readBounded(response) };
  } catch (error) {
    if (error instanceof ShkeeperError) throw error;
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const reason = timedOut ? `no answer within ${call.timeoutMs} ms` : 'the connection failed';
    throw fail('provider_unavailable', reason, null, true);
  }
}

function read<T>(call: Call<T>, answer: Answer, fail: Fail): T {
  const { httpStatus } = answer;
  if (httpStatus >= 300 && httpStatus < 400) {
    throw fail('provider_auth', `redirected (HTTP ${httpStatus}): credentials are missing`, answer);
  }
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch {
    throw fail('provider_protocol', `no JSON, HTTP ${httpStatus}`, answer, httpStatus >= 500);
  }
  const shape = errorShape.safeParse(body);
  const problem = shape.success ? classify(shape.data, httpStatus) : null;
  if (problem) throw fail(problem[0], problem[1], answer);
  const parsed = call.schema.safeParse(body);
  if (!parsed.success) throw fail('provider_protocol', `unexpected fields: ${pathsOf(parsed.error)}`, answer);
  return parsed.data;
}

/** Builds the transport of one SHKeeper instance. */
export function createTransport(settings: TransportSettings): Transport {
  const fail = createFail(settings);
  const delay = settings.delay ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  return {
    async call(call) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return read(call, await send(settings, call, fail), fail);
        } catch (error) {
          const again = error instanceof ShkeeperError && error.details.transient === true && attempt < call.repeats;
          if (!again) throw error;
          await delay(pauseMs * (attempt + 1) * (0.5 + Math.random()));
        }
      }
    },
  };
}

const pathsOf = (error: z.ZodError): string =>
  error.issues
    .map((issue) => issue.path.join('.') || '(body)')
    .slice(0, 5)
    .join(', ');
