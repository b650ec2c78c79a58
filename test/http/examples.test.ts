import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { expect } from 'chai';
import { type ErrorCode, errorCodes } from '../../server/errors.ts';
import { splitOperation } from '../../server/http/endpoint.ts';
import { endpoints } from '../../server/http/endpoints/catalog.ts';
import { statusOf } from '../../server/http/errorHandler.ts';
import { exampleOf } from '../../server/http/examples/catalog.ts';
import { renderOpenapi } from '../../server/http/openapi.ts';
import { abridged, callExample, contentOf } from './exampleCalls.ts';
import { exampleWorld } from './exampleWorld.ts';
import type { World } from './standIn.ts';

interface Media {
  readonly examples?: Record<string, { readonly $ref?: string; readonly value?: unknown }>;
}
interface Described {
  readonly parameters?: readonly { readonly name?: string; readonly in?: string; readonly example?: unknown }[];
  readonly responses: Record<string, { readonly content?: Record<string, Media> }>;
}
const document = JSON.parse(renderOpenapi()) as {
  paths: Record<string, Record<string, Described>>;
  components: { examples: Record<string, { readonly value: Record<string, unknown> }> };
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormatsModule.default(ajv);
ajv.addSchema({ $id: 'https://holdfast.example/openapi.json', ...document });

const escaped = (key: string) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
/** What is wrong with a value beside the schema at a place of the document. */
function faultsOf(value: unknown, ...place: string[]): string {
  const check = ajv.compile({ $ref: `https://holdfast.example/openapi.json#/${place.map(escaped).join('/')}` });
  return check(value) ? '' : ajv.errorsText(check.errors);
}

const placeOf = (operation: Parameters<typeof exampleOf>[0]) => {
  const { method, path } = splitOperation(operation);
  return ['paths', path.replace(/:([A-Za-z]+)/g, '{$1}'), method] as const;
};

describe('the examples of the OpenAPI document', () => {
  let world: World;
  before(() => {
    world = exampleWorld();
  });

  for (const [operation, endpoint] of endpoints) {
    const example = exampleOf(operation);

    it(`are calls that the schemas take and answers that they describe: ${operation}`, () => {
      expect(example, 'an example').to.not.equal(undefined);
      expect(example?.body !== undefined, 'a body where one is taken').to.equal(endpoint.hasBody);
      endpoint.params.parse(example?.params ?? {});
      endpoint.query.parse(example?.query ?? {});
      if (endpoint.hasBody) endpoint.body.parse(example?.body);
      const [type = 'application/json'] = endpoint.types ?? [];
      const place = [...placeOf(operation), 'responses', String(endpoint.status), 'content', type, 'schema'];
      expect(faultsOf(example?.answer, ...place)).to.equal('');
      if (!endpoint.hasBody) return;
      const body = [...placeOf(operation), 'requestBody', 'content', 'application/json', 'schema'];
      expect(faultsOf(example?.body, ...body)).to.equal('');
    });

    it(`name a value for each part of the path: ${operation}`, () => {
      const [, path, method] = placeOf(operation);
      const parts = (document.paths[path]?.[method]?.parameters ?? []).filter((entry) => entry.in === 'path');
      expect(parts.map(({ name, example: value }) => [name, value])).to.deep.equal(
        Object.entries(example?.params ?? {}),
      );
    });

    it(`${abridged.includes(operation) ? 'name what the server answers in short' : 'are what the server answers'}: ${operation}`, async () => {
      if (example === undefined) throw new Error('there is no example');
      const answer = await callExample(world, operation, example);
      // The address of a file carries a version that is not the one of the example.
      if (operation === 'GET /docs/:version/:file') return expect(answer.status).to.equal(404);
      expect(answer.status, answer.text).to.equal(endpoint.status);
      if (abridged.includes(operation)) return;
      expect(contentOf(answer)).to.deep.equal(example.answer);
    });
  }
});

describe('the examples of refusals', () => {
  it('have one for each code, as problem details with the status of the code', () => {
    expect(Object.keys(document.components.examples)).to.have.members([...errorCodes]);
    for (const code of errorCodes) {
      const value = document.components.examples[code]?.value;
      expect(faultsOf(value, 'components', 'schemas', 'Problem'), code).to.equal('');
      expect(value).to.include({ code, status: statusOf[code] });
    }
  });

  it('stand at every operation, each below the status that it is answered with', () => {
    for (const [operation] of endpoints) {
      const [, path, method] = placeOf(operation);
      const responses = Object.entries(document.paths[path]?.[method]?.responses ?? {});
      const shown = responses.flatMap(([status, { content }]) =>
        Object.entries(content?.['application/problem+json']?.examples ?? {}).map(([code, { $ref }]) => ({
          status,
          code,
          $ref,
        })),
      );
      expect(shown, operation).to.not.be.empty;
      for (const { status, code, $ref } of shown) {
        expect($ref).to.equal(`#/components/examples/${code}`);
        expect(String(statusOf[code as ErrorCode]), `${operation} ${code}`).to.equal(status);
      }
    }
  });

  it('would be noticed if they missed a member or had a wrong one', () => {
    const value = { ...document.components.examples.not_found?.value };
    expect(faultsOf({ ...value, code: 'no_such_code' }, 'components', 'schemas', 'Problem')).to.not.equal('');
    expect(faultsOf({ ...value, requestId: undefined }, 'components', 'schemas', 'Problem')).to.not.equal('');
  });
});
