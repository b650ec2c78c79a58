import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A JSON schema as far as the API's document uses the language. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly default?: unknown;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** One operation of the document. */
export interface DocumentedOperation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** The document, with its operations in a list. */
export interface ApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly operations: readonly DocumentedOperation[];
}

interface Written {
  readonly components: ApiDocument['components'] & { readonly parameters?: Readonly<Record<string, Parameter>> };
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
            readonly requestBody?: { readonly content: Content };
            readonly responses: DocumentedOperation['responses'];
          }
        >
      >
    >
  >;
}

const committed = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));

/** Reads the committed document of the API. */
export function readDocument(file = committed): ApiDocument {
  const { components, paths } = JSON.parse(readFileSync(file, 'utf8')) as Written;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([word, { parameters = [], requestBody, responses }]) => {
      const method = word.toUpperCase();
      const named = parameters.flatMap((one) =>
        '$ref' in one ? (components.parameters?.[one.$ref.split('/').at(-1) ?? ''] ?? []) : [one],
      );
      const body = requestBody?.content['application/json']?.schema ?? null;
      return { name: `${method} ${path}`, method, path, parameters: named, body, responses };
    }),
  );
  return { components, operations };
}
