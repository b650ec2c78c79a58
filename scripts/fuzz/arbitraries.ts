import fc from 'fast-check';
import type { Schema } from './document.ts';

/** Values that the generators draw from for a field of this name, because they name something that is there. */
export type Known = (name: string) => readonly string[];

type Build = (schema: Schema, name: string) => fc.Arbitrary<unknown>;

const wordsOf = ({ type }: Schema): readonly string[] =>
  type === undefined ? [] : typeof type === 'string' ? [type] : type;

function textOf(schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'date-time') return fc.date({ noInvalidDate: true, min: new Date(0) }).map(inYears);
  if (schema.format === 'date')
    return fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => inYears(date).slice(0, 10));
  if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern), { size: 'small' });
  const { minLength = 0, maxLength = 200 } = schema;
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 200), unit: 'binary' });
}
const inYears = (date: Date) =>
  `20${String(date.getTime() % 100).padStart(2, '0')}-0${1 + (date.getTime() % 9)}-11T10:00:00.000Z`;

function numberOf({ minimum = -1e9, maximum = 1e9 }: Schema, whole: boolean): fc.Arbitrary<number> {
  if (whole)
    return fc.integer({ min: Math.ceil(minimum), max: Math.floor(Math.min(maximum, Number.MAX_SAFE_INTEGER)) });
  return fc.oneof(
    fc.integer({ min: Math.ceil(minimum), max: 1000 }),
    fc.double({ min: minimum, max: maximum, noNaN: true }),
  );
}

function objectOf(schema: Schema, build: Build, complete: boolean): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.entries(properties).map(([name, field]) => [name, build(field, name)] as const);
  const named = fc.record(Object.fromEntries(fields), complete ? {} : { requiredKeys: [...required] });
  const free = additionalProperties === true || (typeof additionalProperties === 'object' && fields.length === 0);
  if (!free) return named;
  return fc
    .tuple(fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), named)
    .map(([rest, own]) => ({ ...rest, ...own }));
}

/** Values that a schema takes; names that are known are used as often as made-up ones. */
export function createArbitraries(
  schemas: Readonly<Record<string, Schema>>,
  { known, complete }: { readonly known: Known /** Leaves no field out. */; readonly complete: boolean },
) {
  const resolve = (schema: Schema): Schema => schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;

  function ofType(schema: Schema, word: string): fc.Arbitrary<unknown> {
    if (word === 'string') return textOf(schema);
    if (word === 'integer' || word === 'number') return numberOf(schema, word === 'integer');
    if (word === 'boolean') return fc.boolean();
    if (word === 'null') return fc.constant(null);
    if (word === 'object') return objectOf(schema, drawn, complete);
    if (word !== 'array') return fc.jsonValue({ maxDepth: 2 });
    const { items = {}, minItems = 0, maxItems = 5 } = schema;
    return fc.array(drawn(items, ''), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });
  }

  function madeUp(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => drawn(one, '')));
    const words = wordsOf(schema);
    if (words.length === 0) return fc.jsonValue({ maxDepth: 2 });
    return fc.oneof(...words.map((word) => ofType(schema, word)));
  }

  function drawn(written: Schema, name: string): fc.Arbitrary<unknown> {
    const schema = resolve(written);
    const names = known(name);
    if (names.length === 0) return madeUp(schema);
    return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: madeUp(schema) });
  }
  return drawn;
}
