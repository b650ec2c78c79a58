import { expect } from 'chai';
import { filesBelow, textOf } from './sources.ts';

/** The pitfalls that the escrow was designed against, one a row. */
const listed = [...textOf('docs/contract/pitfalls.md').matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id = '']) => id);
/** Groups by their letter. */
const groups = [...new Set(listed.map((id) => id.charAt(0)))];

const mochaNames = filesBelow('test', '.test.ts').flatMap((path) =>
  [...textOf(path).matchAll(/\bit\(\s*['"`]([A-Z]\d+): /g)].map(([, id = '']) => id),
);
const solidityNames = filesBelow('test/contracts/solidity', '.sol').flatMap((path) =>
  [...textOf(path).matchAll(/\bfunction test(?:Fuzz)?_([A-Z]\d+)_/g)].map(([, id = '']) => id),
);
const tested = new Set([...mochaNames, ...solidityNames]);

describe('house: pitfalls (docs/contract/pitfalls.md)', () => {
  it('finds every group numbered from 1 without a gap', () => {
    const numbered = groups.flatMap((letter) =>
      listed.filter((id) => id.startsWith(letter)).map((_, index) => `${letter}${index + 1}`),
    );
    expect(listed).not.to.have.length(0);
    expect(listed).to.deep.equal(numbered);
  });

  it('finds a test named by every id', () => {
    expect(listed.filter((id) => !tested.has(id))).to.deep.equal([]);
  });

  it('finds no test named by an id that is not listed', () => {
    const strange = [...tested].filter((id) => groups.includes(id.charAt(0)) && !listed.includes(id));
    expect(strange).to.deep.equal([]);
  });
});
