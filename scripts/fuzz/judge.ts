import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { ApiDocument, DocumentedOperation } from './document.ts';
import { type Draft, RawBody } from './requests.ts';
import type { Answer } from './send.ts';

/** Parts that may be named as absent, and the codes by which the server says so. */
export const absentParts: Readonly<Record<string, readonly string[]>> = {
  provider: ['provider_failed'],
  chain: ['chain_unavailable', 'not_ready'],
  database: ['busy', 'not_ready'],
};

const json = /^application\/(problem\+)?json$/;

function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

function codeIn(value: unknown): string {
  return typeof value === 'object' && value !== null ? String(Reflect.get(value, 'code')) : '';
}

/** Says what is wrong with an answer by the document, and whether a request follows it. */
export function createJudge(document: ApiDocument, absent: readonly string[] = []) {
  const excused = absent.flatMap((part) => absentParts[part] ?? []);
  const ofAnswers = new Ajv2020({ strict: false });
  const ofRequests = new Ajv2020({ strict: false, coerceTypes: true });
  for (const ajv of [ofAnswers, ofRequests]) {
    formats.default(ajv);
    ajv.addSchema({ $id: 'api', components: document.components });
  }
  const compiled = new Map<object, ValidateFunction>();

  function validatorOf(ajv: Ajv2020, schema: object, wrap = (inner: unknown) => inner as object): ValidateFunction {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/'));
    const made = ajv.compile(wrap(absolute));
    compiled.set(schema, made);
    return made;
  }
  /** Texts of a query become what their schema wants, which ajv does for members alone. */
  const memberOf = (schema: object) => validatorOf(ofRequests, schema, (inner) => ({ properties: { it: inner } }));

  function serverErrors({ status, text }: Answer): string | null {
    if (status < 500) return null;
    const code = codeIn(parsed(text)?.value);
    return excused.includes(code) ? null : `answered ${status} ${code}`;
  }

  /** Null when the answer is as the document says. */
  function fault(operation: DocumentedOperation, answer: Answer): string | null {
    const down = serverErrors(answer);
    if (down !== null) return down;
    const declared = operation.responses[String(answer.status)];
    const code = codeIn(parsed(answer.text)?.value);
    if (declared === undefined) return `the status ${answer.status} ${code} is not declared`;
    if (declared.content === undefined) return answer.text === '' ? null : `${answer.status} should have no body`;
    const content = declared.content[answer.mediaType];
    if (content === undefined)
      return `${answer.status} has the media type "${answer.mediaType}", which is not declared`;
    if (!json.test(answer.mediaType)) return null;
    const body = parsed(answer.text);
    if (body === null) return `${answer.status} has a body that is no JSON`;
    const validate = validatorOf(ofAnswers, content.schema);
    if (validate(body.value)) return null;
    const [first] = validate.errors ?? [];
    return `${answer.status} does not fit its schema: ${first?.instancePath} ${first?.message}`;
  }

  function bodyFollows(operation: DocumentedOperation, draft: Draft): boolean {
    const body = draft.body instanceof RawBody ? parsed(draft.body.text)?.value : draft.body;
    if (operation.body === null) return draft.body === undefined;
    if (draft.mediaType !== 'application/json') return false;
    return validatorOf(ofAnswers, operation.body)(body ?? {}) === true;
  }

  /** Whether the document allows the request; one that it does not must change nothing. */
  function follows(operation: DocumentedOperation, draft: Draft): boolean {
    const names = draft.query.map(([name]) => name);
    if (new Set(names).size < names.length) return false;
    const sent: Record<string, unknown> = { ...Object.fromEntries(draft.query), ...draft.path };
    const { parameters } = operation;
    const unknown = names.some((name) => !parameters.some((one) => one.in === 'query' && one.name === name));
    const fits = parameters.every(({ name, schema, in: where }) => {
      if (where === 'header' || sent[name] === undefined) return true;
      return memberOf(schema)({ it: sent[name] }) === true;
    });
    return !unknown && fits && bodyFollows(operation, draft);
  }
  return { fault, follows };
}
