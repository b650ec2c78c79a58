import { expect } from 'chai';
import { textOf } from './sources.ts';

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** Names and versions that an installation without development packages may get; one at two places counts once. */
function productionPackages(): { readonly all: number; readonly ofPlatforms: number } {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(textOf('package-lock.json'));
  const shipped = Object.entries(packages).filter(([place, { dev }]) => place !== '' && dev !== true);
  const nameOf = ([place, { version }]: [string, Locked]) => `${place.replace(/.*node_modules\//, '')}@${version}`;
  const countOf = (entries: typeof shipped) => new Set(entries.map(nameOf)).size;
  return { all: countOf(shipped), ofPlatforms: countOf(shipped.filter(([, { optional }]) => optional === true)) };
}

describe('house: packages', () => {
  it('names in SECURITY.md how many packages the server may run, so that a new one is noticed', () => {
    const { all, ofPlatforms } = productionPackages();
    const said = /\*\*(\d+) packages\*\*[^.]*\((\d+) of them/.exec(textOf('SECURITY.md'));
    expect(said?.slice(1).map(Number)).to.deep.equal([all, ofPlatforms]);
    const { dependencies }: { dependencies: object } = JSON.parse(textOf('package.json'));
    expect(textOf('SECURITY.md')).to.include(`${Object.keys(dependencies).length} direct dependencies`);
  });
});
