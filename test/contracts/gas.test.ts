import { expect } from 'chai';
import type { GasTable } from '../../scripts/gas/ceilings.ts';
import { measureGas } from '../../scripts/gas/measure.ts';
import { differences, readSnapshot } from '../../scripts/gas/snapshot.ts';

describe('gas of the escrow', () => {
  let table: GasTable;
  before(async () => {
    table = (await measureGas()).table;
  });

  it('is to the unit what the snapshot says', () => {
    const changed = differences(table, readSnapshot());
    const hint = 'whoever changes the contract runs `npm run gas -- --update`, looks at the difference and commits it';
    expect(changed, hint).to.deep.equal([]);
  });
});
