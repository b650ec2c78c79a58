import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PartMissing } from '../../scripts/launch/failure.mjs';
import { refuseLinked } from '../../scripts/launch/install.mjs';

describe('the installation of the packages', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-install-'));
    mkdirSync(path.join(folder, 'theirs'));
    symlinkSync(path.join(folder, 'theirs'), path.join(folder, 'linked'));
    symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'dangling'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('refuses a folder that is a link, because it would empty the packages of another checkout', () => {
    for (const name of ['linked', 'dangling']) {
      expect(() => refuseLinked(path.join(folder, name)), name).to.throw(PartMissing, /could not be found/);
    }
  });

  it('takes a folder of its own, and one that is not there yet', () => {
    for (const name of ['theirs', 'new']) expect(() => refuseLinked(path.join(folder, name)), name).to.not.throw();
  });
});
