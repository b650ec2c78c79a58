import { expect } from 'chai';
import { filesBelow, textOf } from './sources.ts';

/** The leaves of a `.tree` file: lines that say "it …" and have nothing below them. */
function leavesOf(path: string): string[] {
  return [...textOf(path).matchAll(/[├└]──\s*it\s+(.+)$/gmu)].map((match) => (match[1] ?? '').trim());
}

describe('house: trees', () => {
  for (const tree of filesBelow('test', '.tree')) {
    it(`finds a test of its name for every leaf of ${tree}`, () => {
      const tests = textOf(tree.replace(/\.tree$/, '.test.ts'));
      const leaves = leavesOf(tree);
      expect(leaves).not.to.have.length(0);
      expect(leaves.filter((leaf) => !tests.includes(`it('${leaf}'`) && !tests.includes(`it("${leaf}"`))).to.deep.equal(
        [],
      );
    });
  }
});
