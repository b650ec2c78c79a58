import { expect } from 'chai';
import { concat, dataLength, toBeHex } from 'ethers';
import { roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { MODES } from '../lifeStages.ts';

/** Init code that makes some calls of one contract, one after the other, and leaves nothing behind. */
function callsInARow(target: string, calls: readonly string[]): string {
  const stepLength = 39;
  const codeLength = stepLength * calls.length + 1;
  const steps = calls.map((call, index) => {
    const size = toBeHex(dataLength(call), 2);
    const place = toBeHex(codeLength + calls.slice(0, index).reduce((sum, one) => sum + dataLength(one), 0), 2);
    // codecopy(0, place, size); pop(call(gas, target, 0, 0, size, 0, 0))
    return concat(['0x61', size, '0x61', place, '0x5f39', '0x5f5f61', size, '0x5f5f73', target, '0x5af150']);
  });
  return concat([...steps, '0x00', ...calls]);
}

for (const mode of MODES) {
  describe(`MarketplaceEscrow guard, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('is open again when a call is over, for others in the same transaction', async () => {
      const payments = [await world().terms(), await world().terms(), await world().terms()];
      for (const terms of payments) {
        await world().pay(terms, mode);
        // A settlement of one unit opens the record of a vault.
        await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      }
      const calls = payments.map((terms) => world().escrow.abi.encodeFunctionData('reclaim', [terms]));
      await world().chain.setNextTime(Math.max(...payments.map((terms) => Number(terms.deliverBy))) + 1);
      await world().chain.send({ from: roles.stranger.address, data: callsInARow(world().escrow.address, calls) });
      for (const terms of payments) expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });
  });
}
