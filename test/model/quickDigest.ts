import { hash } from 'node:crypto';
import { canonical } from '../../server/store/codec.ts';

const texts = new WeakMap<object, string>();
/** Shorter texts are sooner made than remembered. */
const worthKeeping = 120;
const digests = new WeakMap<object, string>();
/** The last value that was digested with this state in it: a transition is digested when it is written and again when it is checked. */
const wholes = new WeakMap<object, { readonly value: object; readonly digest: string }>();

/** The text of `canonical`; parts that were asked for before are remembered, because states share most of their parts and never change. */
function quickCanonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return canonical(value);
  const found = texts.get(value);
  if (found !== undefined) return found;
  const text = compose(value);
  if (text.length >= worthKeeping) texts.set(value, text);
  return text;
}

function compose(value: object): string {
  if (Array.isArray(value)) return `[${value.map((entry) => quickCanonical(entry ?? null)).join(',')}]`;
  if (Object.getPrototypeOf(value) !== Object.prototype) return canonical(value);
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const entry: unknown = Reflect.get(value, key);
    if (entry !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${quickCanonical(entry)}`;
  }
  return `{${text}}`;
}

/** The server's `digest`, quick enough to be asked for a million times. */
export function quickDigest(value: unknown): string {
  if (typeof value !== 'object' || value === null) return hash('sha256', quickCanonical(value));
  const known = digests.get(value) ?? digestOfEqual(value);
  if (known !== undefined) return known;
  const digest = hash('sha256', quickCanonical(value));
  digests.set(value, digest);
  if ('state' in value && typeof value.state === 'object' && value.state !== null)
    wholes.set(value.state, { value, digest });
  return digest;
}

/** The digest of another object of which every field is the same. */
function digestOfEqual(value: object): string | undefined {
  if (!('state' in value) || typeof value.state !== 'object' || value.state === null) return undefined;
  const last = wholes.get(value.state);
  if (last === undefined) return undefined;
  const keys = Object.keys(value);
  const same = (key: string) => Object.is(Reflect.get(value, key), Reflect.get(last.value, key));
  return keys.length === Object.keys(last.value).length && keys.every(same) ? last.digest : undefined;
}
