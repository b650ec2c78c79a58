import type { Express } from 'express';
import { splitOperation } from './endpoint.ts';
import { endpoints } from './endpoints/catalog.ts';
import { type Operation, ruleOf } from './policies.ts';

interface Layer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: { readonly stack?: readonly Layer[] };
}

function operationsIn(layers: readonly Layer[]): string[] {
  return layers.flatMap(({ route, handle }) => {
    if (route === undefined) return operationsIn(handle?.stack ?? []);
    const methods = Object.keys(route.methods).filter((method) => route.methods[method]);
    return [route.path].flat().flatMap((path) => methods.map((method) => `${method.toUpperCase()} ${String(path)}`));
  });
}

/** Every operation the router of an app really answers, as `GET /path`; routers are mounted at the root here, so their paths are whole. */
export function mountedOperations(app: Express): readonly string[] {
  const { stack } = app.router as unknown as { readonly stack: readonly Layer[] };
  return [...new Set(operationsIn(stack))];
}

/** How a caller shows who he is. */
export type Auth = 'none' | 'token' | 'signature' | 'scraper';

/** One mounted operation as `npm run routes` tells of it. */
export interface RouteRow {
  readonly method: string;
  readonly path: string;
  readonly auth: Auth;
  readonly roles: readonly string[];
  readonly idempotent: boolean;
  readonly developmentOnly: boolean;
}

function rowOf(operation: Operation): RouteRow {
  const { method, path } = splitOperation(operation);
  const { access, secret, development = false } = ruleOf(operation);
  const roles = typeof access === 'string' ? [] : access;
  const auth = typeof access !== 'string' ? 'token' : access === 'anyone' ? 'none' : access;
  const idempotent = method === 'post' && roles.length > 0 && !secret;
  return { method: method.toUpperCase(), path, auth, roles, idempotent, developmentOnly: development };
}

/** What is mounted, beside what is mounted although nobody decided about it and what was decided but is not mounted. */
export function listRoutes(app: Express): {
  readonly rows: readonly RouteRow[];
  readonly unlisted: readonly string[];
  readonly missing: readonly Operation[];
} {
  const mounted = mountedOperations(app);
  const known = [...endpoints.keys()];
  const listed = (name: string) => known.some((operation) => operation === name);
  return {
    rows: known.filter((operation) => mounted.includes(operation)).map(rowOf),
    unlisted: mounted.filter((name) => !listed(name)),
    missing: known.filter((operation) => !mounted.includes(operation)),
  };
}
