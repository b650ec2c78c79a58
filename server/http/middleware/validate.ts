import type { Request } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Endpoint } from '../endpoint.ts';

/** What a request says, checked and converted; handlers never see anything else of it. */
export interface Input<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}
interface Finding {
  readonly pointer: string;
  readonly detail: string;
}
/** More findings than this help nobody. */
const findingsMax = 20;

/** What a caller calls the kinds of values that zod names otherwise. */
const plainKinds: Readonly<Record<string, string>> = {
  array: 'a list',
  record: 'an object',
  object: 'an object',
  null: 'null',
};
const plainKind = (kind: string) => plainKinds[kind] ?? `a ${kind}`;

/** The kinds of values that any branch of a union takes; empty when they differ in more than their kind. */
function kindsOf(issue: z.core.$ZodRawIssue): string[] {
  if (issue.code === 'invalid_type') return [plainKind(issue.expected)];
  if (issue.code !== 'invalid_union') return [];
  const causes = issue.errors.flat();
  const kinds = causes.flatMap((cause) => (cause.code === 'invalid_type' ? [plainKind(cause.expected)] : []));
  return kinds.length === causes.length ? [...new Set(kinds)] : [];
}

/** Our words where zod's read badly: a field that was left out, and a value of the wrong kind. */
function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return 'is missing';
  const kinds = kindsOf(issue);
  if (kinds.length === 0) return undefined;
  return `must be ${kinds.join(' or ')}, not ${plainKind(z.core.util.getParsedType(issue.input))}`;
}
const inOurWords = { error: wordsFor };

const escapePointer = (key: PropertyKey) => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

function findingsOf(error: z.ZodError, root: string): Finding[] {
  return error.issues.slice(0, findingsMax).map((issue) => ({
    pointer: [root, ...issue.path.map(escapePointer)].join('/'),
    detail: issue.message,
  }));
}

/** `amount is missing`, `amount: Invalid input`. */
function sentence(name: string, detail: string): string {
  if (/^(is|must) /.test(detail)) return `${name || 'The body'} ${detail}`;
  return name ? `${name}: ${detail}` : detail;
}

function refuse(findings: readonly Finding[]): never {
  const [first] = findings;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  const name = first?.pointer.replace(/^#\/?/, '').replace(/^query\//, '');
  const message = first ? `${sentence(name || '', first.detail)}${more}` : 'The request is not valid.';
  throw new AppError('validation_failed', message, { details: { errors: findings.slice(0, findingsMax) } });
}

/** A lenient decoder would put marks in the place of what it cannot read, and go on with those. */
function demandReadable(url: string): void {
  const at = url.indexOf('?');
  if (at === -1) return;
  try {
    decodeURIComponent(url.slice(at + 1));
  } catch {
    throw new AppError('validation_failed', 'The query is not valid UTF-8 in percent encoding.');
  }
}

/** Checks a request against its operation. A path that cannot name anything is 404; everything else that is wrong is 400. */
export function validate<P, Q, B>(request: Request, endpoint: Endpoint<P, Q, B>): Input<P, Q, B> {
  const params = endpoint.params.safeParse(request.params);
  if (!params.success) throw new AppError('not_found', 'There is nothing at this address.');
  demandReadable(request.url);
  const query = endpoint.query.safeParse(request.query, inOurWords);
  const body = endpoint.body.safeParse(request.body ?? {}, inOurWords);
  if (query.success && body.success) return { params: params.data, query: query.data, body: body.data };
  return refuse([
    ...(query.success ? [] : findingsOf(query.error, '#/query')),
    ...(body.success ? [] : findingsOf(body.error, '#')),
  ]);
}
