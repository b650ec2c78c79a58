import { expect } from 'chai';
import { filesBelow, textOf } from './sources.ts';

/** Groups of the pitfalls that the escrow was designed against, and how many each has. */
const groups = {
  signatures: ['S', 12],
  deposits: ['D', 14],
  payouts: ['P', 12],
  time: ['T', 6],
  control: ['C', 6],
  attacks: ['A', 35],
} as const;

const mochaNames = filesBelow('test', '.test.ts').flatMap((path) =>
  [...textOf(path).matchAll(/\bit\(\s*['"`]([A-Z]\d+): /g)].map(([, id = '']) => id),
);
const solidityNames = filesBelow('test/contracts/solidity', '.sol').flatMap((path) =>
  [...textOf(path).matchAll(/\bfunction test(?:Fuzz)?_([A-Z]\d+)_/g)].map(([, id = '']) => id),
);
const tested = new Set([...mochaNames, ...solidityNames]);

describe('house: pitfalls', () => {
  for (const [group, [letter, count]] of Object.entries(groups)) {
    const ids = Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);

    it(`finds a test named by every id of ${group}: ${ids.at(0)} to ${ids.at(-1)}`, () => {
      expect(ids.filter((id) => !tested.has(id))).to.deep.equal([]);
    });
  }

  it('finds no test named by an id that no group has', () => {
    const known = Object.values(groups).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    const strange = [...tested].filter((id) => /^[SDPTCA]/.test(id) && !known.some((other) => other === id));
    expect(strange).to.deep.equal([]);
  });
});
