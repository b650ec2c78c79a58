import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Clock, Logger } from '../../ports.ts';

/** A published key with the one algorithm it may be used with. */
export interface PublishedKey {
  readonly key: KeyObject;
  readonly algorithm: 'RS256' | 'ES256';
}

/** The keys that a marketplace publishes, as they were read last; asking never waits. */
export interface PublishedKeys {
  /** Null for a key that is not published; it is looked for again in the background, so a new one works a moment later. */
  find(kid: string): PublishedKey | null;
  /** Reads the keys; never throws, since those of before stay good for a while. */
  refresh(): Promise<void>;
  start(): void;
  stop(): void;
}

/** A rotation publishes a key long before the first token by it. */
const refreshEveryMs = 300_000;
/** Whoever makes up key ids makes us ask no more often than this. */
const missPauseMs = 30_000;
/** Keys that could not be read again for so long may have been withdrawn. */
const trustedMs = 86_400_000;
const answerWithinMs = 5_000;
const answerBytesMax = 65_536;
const keysMax = 32;
/** NIST SP 800-131A. */
const rsaBitsMin = 2_048;

const jwk = z.looseObject({
  kid: z.string().min(1).max(128),
  kty: z.enum(['RSA', 'EC']),
  use: z.literal('sig').optional(),
  alg: z.string().optional(),
  // a private key in a public place is nobody's to trust
  d: z.undefined().optional(),
});
const document = z.object({ keys: z.array(z.unknown()).max(keysMax) });

/** A key of the document that we may use; null for one of another kind or purpose. */
function readKey(entry: unknown): readonly [string, PublishedKey] | null {
  const parsed = jwk.safeParse(entry);
  if (!parsed.success) return null;
  try {
    const { d: _, ...given } = parsed.data;
    const key = createPublicKey({ key: given, format: 'jwk' });
    const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
    const algorithm = parsed.data.kty === 'RSA' ? 'RS256' : 'ES256';
    const strong = algorithm === 'RS256' ? modulusLength >= rsaBitsMin : namedCurve === 'prime256v1';
    return strong && (parsed.data.alg ?? algorithm) === algorithm ? [parsed.data.kid, { key, algorithm }] : null;
  } catch {
    return null;
  }
}

async function boundedText(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.byteLength;
    if (bytes > answerBytesMax) throw new Error(`the answer is longer than ${answerBytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

async function readKeys(url: string): Promise<ReadonlyMap<string, PublishedKey>> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const answer = await fetch(url, { redirect: 'error', signal, headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
  const { keys } = document.parse(JSON.parse(await boundedText(answer)));
  const usable = new Map(keys.map(readKey).filter((entry) => entry !== null));
  if (usable.size === 0) throw new Error('no key in it can be used');
  return usable;
}

/** Keeps the keys of one address in memory and reads them anew now and then. */
export function createPublishedKeys(deps: { url: string; clock: Clock; logger: Logger }): PublishedKeys {
  const { url, clock, logger } = deps;
  let keys: ReadonlyMap<string, PublishedKey> = new Map();
  let [readAtMs, askedAtMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;

  async function read(): Promise<void> {
    askedAtMs = clock.now();
    try {
      keys = await readKeys(url);
      readAtMs = clock.now();
    } catch (error) {
      logger.warn({ err: error }, 'the published keys could not be read; those of before are used for a while');
    }
  }
  const refresh = () => {
    running ??= read().finally(() => {
      running = null;
    });
    return running;
  };

  return {
    find(kid) {
      const known = clock.now() - readAtMs <= trustedMs ? keys.get(kid) : undefined;
      if (known === undefined && clock.now() - askedAtMs >= missPauseMs) void refresh();
      return known ?? null;
    },
    refresh,
    start() {
      timer = setInterval(refresh, refreshEveryMs);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}
