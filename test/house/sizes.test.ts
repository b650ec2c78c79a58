import { expect } from 'chai';
import { filesBelow, textOf } from './sources.ts';

/** No file above 300 lines, no function above 70. */
const longestFile = 300;
const longestFunction = 70;

const files = [
  ...filesBelow('server', '.ts'),
  ...filesBelow('scripts', '.ts'),
  ...filesBelow('scripts', '.mjs'),
  ...filesBelow('test', '.ts'),
  ...filesBelow('bench', '.ts'),
];

const opening =
  /^(\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\b.*|(?:const|let)\s+\w+.*=>\s*\{|(?:static\s+|async\s+|get\s+)*\w+\s*(?:<[^>]*>)?\([^;]*\)[^;=]*\{|\w+:\s*(?:async\s*)?\([^;]*=>\s*\{)\s*$/;
/** The bodies of tests and their hooks are functions like any other; `describe` only holds them together. */
const testOpening = /^(\s*)(?:it|before|after|beforeEach|afterEach)\(.*(?:=>|\))\s*\{\s*$/;
const noFunction = /^\s*(if|for|while|switch|return|else|catch|describe)\b/;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Functions run from a line that opens a block to the first line that closes it at the same indentation (the formatter guarantees both). */
function functionsOf(lines: readonly string[]): Span[] {
  return lines.flatMap((line, start) => {
    const indentation = (testOpening.exec(line) ?? opening.exec(line))?.[1];
    if (indentation === undefined || noFunction.test(line)) return [];
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${indentation}}`));
    return end === -1 ? [] : [{ start, end }];
  });
}

/** Functions whose own lines, without those of the functions inside them, are too many: a factory is as long as what it does itself. */
function longFunctions(path: string): string[] {
  const spans = functionsOf(textOf(path).split('\n'));
  const inside = (outer: Span) => spans.filter((span) => span.start > outer.start && span.end < outer.end);
  return spans.flatMap((span) => {
    const direct = inside(span).filter(
      (inner) => !inside(span).some((other) => other.start < inner.start && other.end > inner.end),
    );
    const own = span.end - span.start + 1 - direct.reduce((sum, inner) => sum + inner.end - inner.start + 1, 0);
    return own > longestFunction ? [`${path}:${span.start + 1} has ${own} lines of its own`] : [];
  });
}

describe('house: sizes', () => {
  it('keeps every file below 301 lines', () => {
    const long = files.filter((path) => textOf(path).trimEnd().split('\n').length > longestFile);
    expect(long).to.deep.equal([]);
  });

  it('keeps every function below 71 lines', () => {
    expect(files.flatMap(longFunctions)).to.deep.equal([]);
  });

  it('keeps the median file of the server at about 70 lines, so that a reader sees a file at once', () => {
    const sizes = filesBelow('server', '.ts')
      .map((path) => textOf(path).trimEnd().split('\n').length)
      .sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).to.be.at.most(100);
  });
});
