import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { root, textOf } from './sources.ts';

/** How many promises each letter has. */
const promises = { A: 38, B: 29, M: 44, S: 22, E: 23, U: 22, W: 17 };
const ids = Object.entries(promises).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, n) => `${letter}${n + 1}`),
);

const page = textOf('docs/features.md');
const cells = (line: string) => line.split('|').map((cell) => cell.trim());
const rows = page.split('\n').filter((line) => /^\| [A-Z]\d+ \|/.test(line));
const heading = '\n## Not in an escrow\n';
const isWorking = (line: string) => page.indexOf(line) < page.indexOf(heading);
const working = rows.filter(isWorking).map((line) => {
  const [, id = '', what = '', where = '', shown = ''] = cells(line);
  const tests = shown.split(/; (?=`)/).map((one) => {
    const [, test = '', sentence = ''] = /^`([^`]+)`: (.+)$/.exec(one) ?? [];
    return { id, test, sentence };
  });
  return { id, what, paths: [...where.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path), tests };
});

/** The names of the tests of a file, as they stand in its text. */
function titlesOf(path: string): string[] {
  const found = textOf(path).matchAll(/\bit\(\s*(['"`])(.*?)\1\s*,/gs);
  return [...found].map(([, , title = '']) => title.replaceAll("\\'", "'"));
}

describe('house: docs/features.md', () => {
  it('names every promise once: as working, as left out, or as not yet there', () => {
    const named = [...page.matchAll(/^(?:\| |- )([A-Z]\d+)(?: \||: )/gm)].map(([, id]) => id);
    expect(named.toSorted()).to.deep.equal(ids.toSorted());
  });

  it('says of what works where it lives, and each place is there', () => {
    const lost = working.filter(
      ({ paths }) => paths.length === 0 || !paths.every((path) => existsSync(join(root, path))),
    );
    expect(lost.map(({ id, paths }) => `${id}: ${paths.join(', ')}`)).to.deep.equal([]);
  });

  it('names tests of what works that are there by their sentences', () => {
    const shown = working.flatMap(({ tests }) => tests);
    const wrong = shown.filter(
      ({ test, sentence }) =>
        sentence === '' || !existsSync(join(root, test)) || !titlesOf(test).some((title) => title.includes(sentence)),
    );
    expect(wrong.map(({ id, test, sentence }) => `${id}: ${test}: ${sentence}`)).to.deep.equal([]);
  });

  it('gives a reason for whatever is left out', () => {
    const left = rows.filter((line) => !isWorking(line)).map(cells);
    expect(left).to.not.be.empty;
    for (const [, id = '', what = '', why = ''] of left) expect([what, why], id).to.not.include('');
  });
});
