import type { Request } from 'express';
import type { z } from 'zod';
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

const escapePointer = (key: PropertyKey) => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

function findingsOf(error: z.ZodError, root: string): Finding[] {
  return error.issues.slice(0, findingsMax).map((issue) => ({
    pointer: [root, ...issue.path.map(escapePointer)].join('/'),
    detail: issue.message,
  }));
}

function refuse(findings: readonly Finding[]): never {
  const [first] = findings;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  const name = first?.pointer.replace(/^#\/?/, '').replace(/^query\//, '');
  const message = first ? `${name ? `${name}: ` : ''}${first.detail}${more}` : 'The request is not valid.';
  throw new AppError('validation_failed', message, { details: { errors: findings.slice(0, findingsMax) } });
}

/** Checks a request against its operation. A path that cannot name anything is 404; everything else that is wrong is 400. */
export function validate<P, Q, B>(request: Request, endpoint: Endpoint<P, Q, B>): Input<P, Q, B> {
  const params = endpoint.params.safeParse(request.params);
  if (!params.success) throw new AppError('not_found', 'There is nothing at this address.');
  const query = endpoint.query.safeParse(request.query);
  const body = endpoint.body.safeParse(request.body ?? {});
  if (query.success && body.success) return { params: params.data, query: query.data, body: body.data };
  return refuse([
    ...(query.success ? [] : findingsOf(query.error, '#/query')),
    ...(body.success ? [] : findingsOf(body.error, '#')),
  ]);
}
