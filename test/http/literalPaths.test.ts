import { expect } from 'chai';
import type { Express } from 'express';
import { splitOperation } from '../../server/http/endpoint.ts';
import { type Operation, policies } from '../../server/http/policies.ts';
import { standIn } from './standIn.ts';

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Record<string, boolean> };
  readonly handle: { readonly stack?: readonly Layer[] };
  match(path: string): boolean;
}

const operations = Object.keys(policies) as Operation[];

/** The routes that would answer, in the order in which the router asks them. */
function answering(app: Express, method: string, path: string): string[] {
  const walk = (layers: readonly Layer[]): string[] =>
    layers.flatMap((layer) => {
      if (layer.route === undefined) return walk(layer.handle.stack ?? []);
      return layer.route.methods[method] && layer.match(path) ? [layer.route.path] : [];
    });
  return walk((app.router as unknown as { stack: readonly Layer[] }).stack);
}

/** A path that the operation is meant for: its parameters take words that no literal path has. */
const aimedAt = (path: string) => path.replace(/:[A-Za-z]+/g, 'f'.repeat(24));

/** What a pattern with parameters would swallow if it stood first. */
const { app } = standIn();
const swallowers = (operation: Operation) => {
  const { method, path } = splitOperation(operation);
  return { path, ways: answering(app, method, aimedAt(path)) };
};

describe('a literal path', () => {
  it('is answered by its own route, never by one that takes its word for an id', () => {
    for (const operation of operations) {
      const { path, ways } = swallowers(operation);
      expect(ways[0], operation).to.equal(path);
    }
  });

  it('is in danger on some routes, so that the walk above says something', () => {
    const endangered = operations.filter((operation) => swallowers(operation).ways.length > 1);
    expect(endangered).to.include('GET /api/payment/health');
  });
});
