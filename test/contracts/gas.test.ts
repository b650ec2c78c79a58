import { expect } from 'chai';
import { aboveCeiling, CEILINGS, type GasTable } from '../../scripts/gas/ceilings.ts';
import { measureGas } from '../../scripts/gas/measure.ts';
import { differences, readSnapshot } from '../../scripts/gas/snapshot.ts';

describe('gas of the escrow', function () {
  // Some hundred real transactions, beside other tests on two cores.
  this.timeout(180_000);
  let table: GasTable;
  before(async () => {
    table = (await measureGas()).table;
  });

  it('is to the unit what the snapshot says', () => {
    const changed = differences(table, readSnapshot());
    const hint = 'whoever changes the contract runs `npm run gas -- --update`, looks at the difference and commits it';
    expect(changed, hint).to.deep.equal([]);
  });

  it('is nowhere above its ceiling', () => {
    expect(aboveCeiling(table)).to.deep.equal([]);
  });

  it('would be told from its ceiling and from the snapshot by one unit', () => {
    const dearer = { ...table, release2of3: CEILINGS.release2of3.most + 1 };
    expect(aboveCeiling(dearer)).to.deep.equal(['release2of3']);
    expect(differences({ ...table, fund: table.fund + 1 }, table)).to.have.lengthOf(1);
  });
});
