import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { filesBelow, textOf } from './sources.ts';

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...filesBelow('docs', '.md')];
const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf('package.json'));

/** The pages of this repository that a page links to. */
const linksOf = (page: string) =>
  [...textOf(page).matchAll(/\]\(([^)#\s]+\.md)(?:#[^)]*)?\)/g)].flatMap(([, target = '']) =>
    target.includes(':') ? [] : [join(dirname(page), target)],
  );

describe('house: guides', () => {
  it('leads from the README to every page about operating it, and to no page that is gone', () => {
    const lost = pages.flatMap((page) =>
      linksOf(page).flatMap((target) => (pages.includes(target) ? [] : `${page}: ${target}`)),
    );
    expect(lost).to.deep.equal([]);
    const found = linksOf('README.md');
    const unlinked = filesBelow('docs/operations', '.md').filter((page) => !found.includes(page));
    expect(unlinked).to.deep.equal([]);
  });

  it('names no command that is not there', () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\bnpm run (?:-s )?([a-z][a-z:]*)/g)].map(([, name = '']) => ({ page, name })),
    );
    expect(named.length).to.be.above(20);
    expect(named.filter(({ name }) => scripts[name] === undefined)).to.deep.equal([]);
  });

  it('tells what changed as Keep a Changelog has it: newest first, each group once in a version, and nothing beside them', () => {
    const [, ...versions] = textOf('CHANGELOG.md').split(/^## /m);
    const names = versions.map((version) => version.split('\n')[0] ?? '');
    expect(names[0]).to.equal('Unreleased');
    for (const name of names.slice(1)) expect(name).to.match(/^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/);
    for (const version of versions) {
      const groups = [...version.matchAll(/^### (.+)$/gm)].map(([, group = '']) => group);
      expect(groups).to.deep.equal([...new Set(groups)]);
      for (const group of groups)
        expect(group).to.be.oneOf(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']);
    }
  });
});
