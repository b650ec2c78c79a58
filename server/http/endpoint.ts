import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import type { Operation } from './policies.ts';
import { nothing } from './schemas/fields.ts';

/** One operation of the API: what it takes, what it answers. Routes are validated by it and the OpenAPI file is made from it. */
export interface Endpoint<P, Q, B> {
  readonly operation: Operation;
  readonly summary: string;
  readonly description?: string;
  readonly params: z.ZodType<P>;
  readonly query: z.ZodType<Q>;
  /** `null`: the operation takes no body. */
  readonly body: z.ZodType<B>;
  readonly hasBody: boolean;
  readonly status: number;
  readonly answer: z.ZodType;
  /** Media types of the answer, where it is not JSON. */
  readonly types?: readonly string[];
  /** The answer holds a secret: it is kept nowhere, and a repeat under the same key is refused by the command. */
  readonly answerOnce?: true;
  /** The answer has its version as `ETag`: who knows it reads 304 (`If-None-Match`), and a change can be bound to it (`If-Match`). */
  readonly versioned?: true;
  /** The same as a table, for those who ask for it. */
  readonly csv?: z.ZodType;
  /** Refusals that are special to this operation. */
  readonly problems: readonly ErrorCode[];
}
export type AnyEndpoint = Endpoint<unknown, unknown, unknown>;

interface Sketch<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly operation: Operation;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly status?: number;
  readonly answer: z.ZodType;
  readonly types?: readonly string[];
  readonly answerOnce?: true;
  readonly versioned?: true;
  readonly csv?: z.ZodType;
  readonly problems?: readonly ErrorCode[];
}
type Nothing = typeof nothing;

/** Completes the sketch of an operation: what is left out is refused when it is sent. */
export function endpoint<P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing, B extends z.ZodType = Nothing>(
  sketch: Sketch<P, Q, B>,
): Endpoint<z.output<P>, z.output<Q>, z.output<B>> {
  const { params = nothing, query = nothing, body = nothing, status = 200, problems = [], ...rest } = sketch;
  return {
    ...rest,
    params: params as unknown as z.ZodType<z.output<P>>,
    query: query as unknown as z.ZodType<z.output<Q>>,
    body: body as unknown as z.ZodType<z.output<B>>,
    hasBody: sketch.body !== undefined,
    status,
    problems,
  };
}

/** `{success: true, data}`, the seed's envelope. */
export const envelope = <T extends z.ZodType>(data: T) => z.strictObject({ success: z.literal(true), data });

/** Splits `POST /api/x/:id` into its method and Express path. */
export function splitOperation(operation: Operation): { method: 'get' | 'post' | 'put'; path: string } {
  const [method = '', path = ''] = operation.split(' ');
  return { method: method.toLowerCase() as 'get' | 'post' | 'put', path };
}
