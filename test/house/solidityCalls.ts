import { filesBelow, textOf } from './sources.ts';

/** The escrow's own sources, without comments. */
function sources(): string[] {
  return filesBelow('contracts', '.sol')
    .filter((path) => !/\/(mocks|interfaces)\//.test(path))
    .map((path) => textOf(path).replaceAll(/\/\/.*$/gm, ''));
}

/** Head and body of every function and modifier, by name; functions of one name are taken together. */
function bodiesByName(): Map<string, string> {
  const bodies = new Map<string, string>();
  for (const text of sources()) {
    for (const { 1: name = '', index } of text.matchAll(/\b(?:function|modifier)\s+(\w+)/g)) {
      const rest = text.slice(index + name.length);
      // Solidity formatted by four spaces: a function of a contract ends with the first brace at that depth.
      const end = /^ {4}\}/m.exec(rest)?.index ?? rest.length;
      bodies.set(name, `${bodies.get(name) ?? ''}\n${rest.slice(rest.indexOf('('), end)}`);
    }
  }
  return bodies;
}

const bodies = bodiesByName();

/** Every body that a function can reach by calls, and on demand by calls of itself through a selector. */
function reached(verb: string, selectors: boolean): string {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const body = bodies.get(name);
    if (body === undefined || seen.has(name)) return;
    seen.add(name);
    for (const [, called = ''] of body.matchAll(/\b(\w+)\s*\(/g)) visit(called);
    if (/\bguarded\b/.test(body)) visit('guarded');
    if (selectors) for (const [, called = ''] of body.matchAll(/\.(\w+)\.selector/g)) visit(called);
  };
  visit(verb);
  return [...seen].map((name) => bodies.get(name)).join('\n');
}

const named = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();

/** Every error of the escrow that a function's code can revert with. */
export function errorsOf(verb: string): string[] {
  return named(reached(verb, false), /\brevert (?:IEscrowErrors\.)?(\w+)\(/g);
}

/** Every event that a function's code can emit, also in a call of the escrow by itself. */
export function eventsOf(verb: string): string[] {
  return named(reached(verb, true), /\b(?:emit|bytes32 topic =) (\w+)/g);
}
