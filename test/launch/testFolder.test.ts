import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { databaseFolder } from '../../scripts/test/folder.ts';

describe('where the databases of a test run lie', () => {
  it('is among the temporary files where there is no memory to be had for files', () => {
    expect(databaseFolder('/no/such/place')).to.equal(tmpdir());
  });

  it('is among the temporary files where memory has less room than a run needs', () => {
    // a file system of the kernel that holds no byte
    expect(databaseFolder('/proc')).to.equal(tmpdir());
  });
});
