import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { fingerprint, isFresh, writeStamp } from '../../scripts/launch/stamp.mjs';

describe('the stamp that says whether work is to be done again', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-stamp-'));
    mkdirSync(path.join(folder, 'sources/deep'), { recursive: true });
    writeFileSync(path.join(folder, 'sources/deep/a.sol'), 'one');
    writeFileSync(path.join(folder, 'lock.json'), '{}');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const now = (words: string[] = []) => fingerprint(folder, ['sources', 'lock.json', 'absent.ts'], words);

  it('is fresh for the same files and words only after it was written', () => {
    const stamp = path.join(folder, 'result/.stamp');
    expect(isFresh(stamp, now(['node 24']))).to.equal(false);
    writeStamp(stamp, now(['node 24']));
    expect(isFresh(stamp, now(['node 24']))).to.equal(true);
    expect(isFresh(stamp, now(['node 22']))).to.equal(false);
  });

  const changes: Readonly<Record<string, () => void>> = {
    'the content of a file in a subfolder': () => writeFileSync(path.join(folder, 'sources/deep/a.sol'), 'two'),
    'a new file': () => writeFileSync(path.join(folder, 'sources/b.sol'), ''),
    'a file that was absent': () => writeFileSync(path.join(folder, 'absent.ts'), ''),
    'a name': () => {
      rmSync(path.join(folder, 'sources/deep/a.sol'));
      writeFileSync(path.join(folder, 'sources/deep/b.sol'), 'one');
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`is stale after a change of ${what}`, () => {
      const before = now();
      change();
      expect(now()).to.not.equal(before);
    });
  }
});
