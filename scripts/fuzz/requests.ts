import fc from 'fast-check';
import { createArbitraries, type Known } from './arbitraries.ts';
import type { ApiDocument, DocumentedOperation, Parameter } from './document.ts';
import { anyWrongValue, injections, strangeKeys } from './hostile.ts';

/** A request before it is written as bytes. */
export interface Draft {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: readonly (readonly [string, unknown])[];
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined sends none. */
  readonly body: unknown;
  readonly mediaType: string;
  /** What was broken; empty for a request that follows the document. */
  readonly broken: string;
}

const otherMediaTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=utf-16',
  'multipart/form-data; boundary=x',
  'application/xml',
  'text/html',
  'rubbish',
];
/** Bodies that are no JSON, or not the JSON they look like. */
const rawBodies = [
  '',
  '{',
  '{"a":1,}',
  'null',
  '"text"',
  '1',
  '[]',
  '{"a":1}{"b":2}',
  `${'['.repeat(9_000)}${']'.repeat(9_000)}`,
  '\ufeff{}',
  '{"__proto__":{"polluted":"yes"}}',
  '{"a":"\u0000"}',
];

/** A body that is sent as it stands. */
export class RawBody {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Place = readonly (string | number)[];

/** Every place in a value, the value itself first. */
function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, inner]) =>
      placesIn(inner, [...at, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** The value with what stands at a place replaced, or taken away. */
function changed(value: unknown, [key, ...rest]: Place, put: { readonly value: unknown } | null): unknown {
  if (key === undefined) return put?.value;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => (index === key ? changed(item, rest, put) : item));
    return put === null && rest.length === 0 ? items.filter((_, index) => index !== key) : items;
  }
  const entries = Object.entries(value as object).flatMap(([name, inner]) =>
    name !== key
      ? [[name, inner] as const]
      : rest.length === 0 && put === null
        ? []
        : [[name, changed(inner, rest, put)] as const],
  );
  return Object.fromEntries(entries);
}

const plainText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** The requests of one operation: those that follow the document, and those with exactly one thing wrong. */
export function createRequests(document: ApiDocument, known: (operation: DocumentedOperation) => Known) {
  function valid(operation: DocumentedOperation, complete = false): fc.Arbitrary<Draft> {
    const drawFor = createArbitraries(document.components.schemas, { known: known(operation), complete });
    const given = (where: Parameter['in']) => operation.parameters.filter((parameter) => parameter.in === where);
    const record = (where: Parameter['in']) => {
      const parameters = given(where);
      const fields = parameters.map(({ name, schema }) => [name, drawFor(schema, name)] as const);
      const requiredKeys = parameters.filter(({ required }) => required === true).map(({ name }) => name);
      return fc.record(Object.fromEntries(fields), complete ? {} : { requiredKeys });
    };
    const body = operation.body === null ? fc.constant(undefined) : drawFor(operation.body, '');
    return fc
      .record({ path: record('path'), query: record('query'), headers: record('header'), body })
      .map((drawn) => ({
        path: drawn.path,
        query: Object.entries(drawn.query),
        headers: visible(drawn.headers),
        body: drawn.body,
        mediaType: 'application/json',
        broken: '',
      }));
  }

  /** One thing wrong, and an injection in a text counts as one. */
  function broken(operation: DocumentedOperation): fc.Arbitrary<Draft> {
    return valid(operation).chain((draft) => {
      const ways: fc.Arbitrary<Draft>[] = [strangeQuery(draft), ...inPath(draft), ...inQuery(draft)];
      if (operation.body !== null) ways.push(...inBody(draft), inBodyText(draft));
      if (operation.method !== 'GET') ways.push(otherType(draft), notJson(draft));
      return fc.oneof(...ways);
    });
  }

  /** Each text of the operation in turn, in body, query, path and headers, with an injection in it; `from` says with which they begin. */
  function injected(
    operation: DocumentedOperation,
    { from, seed, rounds }: { readonly from: number; readonly seed: number; readonly rounds: number },
  ): Draft[] {
    const [draft] = fc.sample(valid(operation, true), { seed, numRuns: 1 });
    if (draft === undefined) return [];
    let next = from;
    const injection = () => {
      next += 1;
      return injections[next % injections.length] ?? '';
    };
    const inHeader = () => {
      const value = injection();
      const name = spokenHeaders[next % spokenHeaders.length] ?? '';
      return { ...draft, headers: visible({ ...draft.headers, [name]: value }) };
    };
    const once = () => [
      ...Object.keys(draft.path).map((name) => ({ ...draft, path: { ...draft.path, [name]: injection() } })),
      ...draft.query.map(([name], at) => ({ ...draft, query: draft.query.with(at, [name, injection()]) })),
      ...textsIn(draft.body).map((place) => ({ ...draft, body: changed(draft.body, place, { value: injection() }) })),
      inHeader(),
    ];
    return Array.from({ length: Math.min(rounds, injections.length) }, once)
      .flat()
      .map((one) => ({ ...one, broken: 'an injection' }));
  }
  return { valid, broken, injected };
}

/** Headers that the server reads for itself. */
const spokenHeaders = ['x-request-id', 'if-match', 'if-none-match', 'idempotency-key', 'user-agent', 'x-forwarded-for'];

const textsIn = (body: unknown): Place[] =>
  placesIn(body).filter(
    (place) => typeof place.reduce<unknown>((value, key) => Reflect.get(Object(value), key), body) === 'string',
  );

/** Headers are Latin; what is not visible is left out. */
function visible(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const text = String(value).replace(/[^\x21-\x7e]/g, '');
      return text === '' ? [] : [[name, text]];
    }),
  );
}

function inPath(draft: Draft): fc.Arbitrary<Draft>[] {
  return Object.keys(draft.path).map((name) =>
    anyWrongValue.map((value) => ({
      ...draft,
      path: { ...draft.path, [name]: value },
      broken: `path ${name} = ${plainText(value).slice(0, 60)}`,
    })),
  );
}

function inQuery(draft: Draft): fc.Arbitrary<Draft>[] {
  return draft.query.flatMap(([name, value]) => {
    const others = draft.query.filter(([other]) => other !== name);
    const wrong = anyWrongValue.map((put) => ({
      ...draft,
      query: [...others, [name, put] as const],
      broken: `query ${name} = ${plainText(put).slice(0, 60)}`,
    }));
    const twice = fc.constant({
      ...draft,
      query: [...draft.query, [name, value] as const],
      broken: `query ${name} twice`,
    });
    return [wrong, twice];
  });
}

const strangeQuery = (draft: Draft): fc.Arbitrary<Draft> =>
  fc
    .tuple(fc.constantFrom(...strangeKeys, 'limit[$gt]', 'a[__proto__][polluted]'), anyWrongValue)
    .map(([key, value]) => ({
      ...draft,
      query: [...draft.query, [key, value] as const],
      broken: `query ${key} added`,
    }));

function inBody(draft: Draft): fc.Arbitrary<Draft>[] {
  const places = placesIn(draft.body);
  const at = fc.constantFrom(...places);
  const replaced = fc.tuple(at, anyWrongValue).map(([place, value]) => ({
    ...draft,
    body: changed(draft.body, place, { value }),
    broken: `body ${place.join('.') || 'itself'} = ${plainText(value)?.slice(0, 60)}`,
  }));
  const without = at.map((place) => ({
    ...draft,
    body: changed(draft.body, place, null),
    broken: `body without ${place.join('.') || 'anything'}`,
  }));
  const more = fc.tuple(fc.constantFrom(...strangeKeys), anyWrongValue).map(([key, value]) => ({
    ...draft,
    body: new RawBody(
      `{${JSON.stringify(key)}:${JSON.stringify(value)}${
        JSON.stringify(draft.body)
          ?.replace(/^\{(?!\})/, ',')
          .replace(/^\{\}/, '}') ?? '}'
      }`,
    ),
    broken: `body with ${key}`,
  }));
  return [replaced, without, more];
}

/** An injection in one text of the body. */
function inBodyText(draft: Draft): fc.Arbitrary<Draft> {
  const texts = textsIn(draft.body);
  if (texts.length === 0) return fc.constant({ ...draft, body: [draft.body], broken: 'body in a list' });
  return fc.tuple(fc.constantFrom(...texts), fc.constantFrom(...injections)).map(([place, value]) => ({
    ...draft,
    body: changed(draft.body, place, { value }),
    broken: `body ${place.join('.')} = ${value.slice(0, 60)}`,
  }));
}

const otherType = (draft: Draft): fc.Arbitrary<Draft> =>
  fc
    .constantFrom(...otherMediaTypes)
    .map((mediaType) => ({ ...draft, body: draft.body ?? {}, mediaType, broken: `as ${mediaType}` }));

const notJson = (draft: Draft): fc.Arbitrary<Draft> =>
  fc
    .constantFrom(...rawBodies)
    .map((text) => ({ ...draft, body: new RawBody(text), broken: `body is ${text.slice(0, 60)}` }));
