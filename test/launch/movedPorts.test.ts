import { expect } from 'chai';
import { movedPorts } from '../../scripts/sandbox/ports.ts';

const customary = { mongod: 27117, redis: 6479, anvil: 8545, simulator: 5000, server: 4000 };

describe('the ports of a sandbox', () => {
  it('says nothing while every part is where a newcomer expects it', () => {
    expect(movedPorts(customary, {})).to.deep.equal([]);
  });

  it('names each part that moved, and where it is expected', () => {
    expect(movedPorts({ ...customary, anvil: 8546, server: 4001 }, {})).to.deep.equal([
      'the chain takes port 8546: 8545 was not free when it was chosen',
      'the API takes port 4001: 4000 was not free when it was chosen',
    ]);
  });

  it('leaves out what a setting names, because that part is not started here', () => {
    const moved = { mongod: 1, redis: 2, anvil: 8545, simulator: 3, server: 4 };
    const given = { MONGODB_URI: 'mongodb://db', REDIS_URL: 'redis://cache', SHKEEPER_URL: 'http://pay', PORT: '4' };
    expect(movedPorts(moved, given)).to.deep.equal([]);
  });
});
