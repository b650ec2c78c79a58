import { expect } from 'chai';
import { createPrepareBatch } from '../../server/commands/prepareBatch.ts';
import { admin, type CommandsWorld, openCommandsWorld } from './commandsWorld.ts';
import { settlementDesk } from './settlementDesk.ts';

describe('prepareBatch, where one signature is enough', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());
  const { signed } = settlementDesk(() => world);

  it('gives a lone signer the file of a call that it executes itself, for which nobody has to sign', async () => {
    const states = [await world.funded(), await world.funded()];
    const { gateway } = world.ports;
    const call = { to: states[0]?.vault ?? '', value: '0', chainId: 31337 };
    const sets: number[] = [];
    const lone: typeof gateway = {
      ...gateway,
      networkNow: async (name) => ({ ...(await gateway.networkNow(name)), threshold: 1 }),
      batchTransactions: (_network, _items, signatures) => {
        sets.push(signatures.length);
        return { settleBatch: { ...call, data: '0x01' }, settleBatchReport: { ...call, data: '0x02' } };
      },
    };
    const prepare = createPrepareBatch({ ...world.ports, gateway: lone });
    const input = { actor: admin, items: states.map(({ id: paymentId }) => ({ paymentId })) };
    const alone = await prepare({ ...input, safe: 'settleBatchReport' });
    expect([alone.missing, alone.transactions]).to.deep.equal([1, null]);
    expect(alone.safe?.transactions[0]?.data).to.equal('0x02');
    expect(alone.safe?.meta.description).to.equal(
      'settleBatchReport of 2 payments; to be executed by the signer itself',
    );
    const signatures = signed(alone.digest, [1]);
    const ready = await prepare({ ...input, signatures, safe: 'settleBatch' });
    expect([ready.missing, ready.safe?.transactions[0]?.data]).to.deep.equal([0, '0x01']);
    expect(ready.safe?.meta.description).to.equal('settleBatch of 2 payments');
    expect(sets).to.include.members([0, 1]);
  });
});
