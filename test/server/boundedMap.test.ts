import { expect } from 'chai';
import { BoundedMap } from '../../server/boundedMap.ts';

describe('server: a bounded map', () => {
  it('forgets what was written longest ago when it is full, so that no process grows with what it remembers', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1).set('b', 2).set('c', 3);
    expect([...map]).to.deep.equal([
      ['b', 2],
      ['c', 3],
    ]);
  });

  it('counts what is written again as new, and as one', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1).set('b', 2).set('a', 3).set('c', 4);
    expect([...map.keys()]).to.deep.equal(['a', 'c']);
    expect(map.get('a')).to.equal(3);
  });
});
