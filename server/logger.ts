import { type DestinationStream, pino } from 'pino';
import type { Logger } from './ports.ts';

const hidden = '[redacted]';
const cut = '[cut]';
/** Names that say what they hold, wherever they stand: compared in lower case without `-` and `_`. */
const secretNames =
  /secret|password|passphrase|privatekey|apikey|mnemonic|seedphrase|authorization|cookie|signature|jwt|(access|refresh|session|bearer)token|(webhook|signing)keys?$/;
/** `token` is a coin's symbol or address in this product; anything else under that name is a bearer's. */
const coin = /^([A-Za-z0-9.$]{1,20}|0x[0-9a-fA-F]{40})$/;
/** Secrets inside of texts: credentials in urls, authorization values, JWTs, PEM keys, keys in query strings. */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, `$1${hidden}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${hidden}`],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, hidden],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  [/([?&][\w-]*(?:key|token|secret|password|signature)=)[^&\s"']+/gi, `$1${hidden}`],
];
/** A log line stays readable and cheap: whatever is deeper, longer or more than this is cut. */
const limits = { depth: 6, entries: 100, characters: 8_192, values: 1_000 };

function scrubText(text: string): string {
  const short = text.length > limits.characters ? `${text.slice(0, limits.characters)}…` : text;
  return secretTexts.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), short);
}

function isSecret(name: string, value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return false;
  const plain = name.toLowerCase().replace(/[-_]/g, '');
  if (plain === 'token') return !(typeof value === 'string' && coin.test(value));
  return secretNames.test(plain);
}

/** What may be written of the fields of one log call. */
function scrubFields(fields: object): object {
  let values = 0;

  function scrubEntries(value: object, depth: number): object {
    const entries = Object.entries(value).slice(0, limits.entries);
    return Object.fromEntries(
      entries.map(([name, entry]) => [name, isSecret(name, entry) ? hidden : scrub(entry, depth + 1)]),
    );
  }

  /** An error without the properties libraries hang on it: a Redis error carries its command, so the password of AUTH. */
  function scrubError(error: Error, depth: number): object {
    const { name: type, message, stack } = error;
    const code = 'code' in error && typeof error.code !== 'object' ? error.code : undefined;
    const errors = error instanceof AggregateError ? error.errors : undefined;
    return scrubEntries({ type, code, message, stack, cause: error.cause, errors }, depth);
  }

  function scrub(value: unknown, depth: number): unknown {
    values += 1;
    if (values > limits.values) return cut;
    if (typeof value === 'string') return scrubText(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (depth > limits.depth) return cut;
    if (value instanceof Error) return scrubError(value, depth);
    if (Array.isArray(value)) return value.slice(0, limits.entries).map((entry) => scrub(entry, depth + 1));
    if ('toJSON' in value && typeof value.toJSON === 'function') return scrub(value.toJSON(), depth + 1);
    if (value instanceof Map || value instanceof Set) return scrub([...value], depth);
    return scrubEntries(value, depth);
  }

  try {
    return fields instanceof Error ? { error: scrubError(fields, 0) } : scrubEntries(fields, 0);
  } catch (error) {
    return { unreadable: scrubText(String(error)) };
  }
}

/** Creates the structured logger: JSON lines, ids instead of bodies, errors in full, secrets redacted at any depth. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  // errors arrive here as plain entries already
  const out = pino(
    { level, serializers: { err: (value) => value } },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
  const say = (word: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (out.isLevelEnabled(word)) out[word](scrubFields(fields), scrubText(message));
  };
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
}
